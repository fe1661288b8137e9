package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.TestModels;

/** Formats and mixed steps of one GPU, with two that share the model. */
@EnabledIf(value = "hasGpus", disabledReason = "there are fewer than two CUDA GPUs here")
final class GpuRankFormatsTest {
  static boolean hasGpus() {
    return Gpu.count() >= 2;
  }

  @Test
  void step_headOfEightBits_staysNearThatOfBfloat16AndDiffers() {
    GpuHeadFormatTest.assertNearBfloat16(2);
  }

  /** 304 tokens are 152 of each rank, which are no multiple of 16. */
  @Test
  void prepare_headOfEightBitsThatDoesNotDivide_isRefusedByName() {
    ModelFormat format = new ModelFormat(WeightFormat.BFLOAT16, WeightFormat.FLOAT8_E4M3);
    try (HeterogeneousModel model = TestModels.model(GpuHeadFormatTest.spec(304), 3);
        InferenceBackend two = Backends.of(new Device("cuda", 0), 1, 2)) {
      assertThatThrownBy(() -> two.prepare(model, format, 64))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "vocab_size (304) must be a multiple of 16 times 2 ranks with a head of"
                  + " FLOAT8_E4M3");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {64, 128})
  void step_scalesOfLayersAndHeads_giveTheLogitsOfScalesOfOne(int headDim) {
    GpuKvScalesTest.assertGivesTheLogitsOfScalesOfOne(headDim, 2);
  }

  @ParameterizedTest
  @MethodSource("org.nemotron.core.backend.cuda.GpuMixedStepTest#models")
  void step_piecesAndSinglesTogether_givesTheLogitsOfStepsOfTheirOwn(
      ModelSpec spec, WeightFormat weights, KvFormat kv) {
    GpuMixedStepTest.assertGivesTheLogitsOfStepsOfTheirOwn(spec, weights, kv, 2);
  }
}
