package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableIntArray;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/** Scales of a KV cache of 8-bit floats: they move its range, and change nothing within it. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuKvScalesTest {
  /** Two roundings to e4m3 of the same numbers, off by up to 6 % each; sums average them. */
  private static final double TOLERANCE = 8e-2;

  private static final int VOCABULARY = 304;
  private static final int PROMPT = 5 * KvPages.PAGE_TOKENS;
  private static final ImmutableIntArray PAGES =
      ImmutableIntArray.copyOf(IntStream.range(0, PROMPT / KvPages.PAGE_TOKENS + 1));

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static ModelSpec spec(int headDim) {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(64)
        .heads(8, headDim)
        .maxPositions(1024)
        .tied(false)
        .blocks(
            new BlockSpec(new AttentionSpec.GroupedQuery(8, 2, headDim), new FfnSpec.Gated(80)),
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(80)),
            new BlockSpec(new AttentionSpec.GroupedQuery(8, 1, headDim), new FfnSpec.Gated(80)))
        .build();
  }

  /** The weights of a model, with scales of the KV cache of its layers. */
  private record Scaled(WeightSource source, double ofFirst, double ofLast)
      implements WeightSource {
    @Override
    public Tensor get(String name) {
      return source.get(name);
    }

    @Override
    public Tensor get(int layer, String name) {
      return source.get(layer, name);
    }

    @Override
    public KvScales kvScales(int layer) {
      return layer == 0
          ? new KvScales(
              ImmutableDoubleArray.of(ofFirst, 2 * ofFirst), ImmutableDoubleArray.of(3 * ofFirst))
          : new KvScales(ImmutableDoubleArray.of(ofLast), ImmutableDoubleArray.of(ofLast));
    }
  }

  /** What a session gave: the logits behind a prompt and behind a token more. */
  private static final class Given {
    private final float[][] logits;
    private final long saturated;

    Given(float[][] logits, long saturated) {
      this.logits = logits;
      this.saturated = saturated;
    }
  }

  private static Given given(ModelSpec spec, double ofFirst, double ofLast) {
    return given(spec, ofFirst, ofLast, 1);
  }

  private static Given given(ModelSpec spec, double ofFirst, double ofLast, int degree) {
    ImmutableIntArray text =
        ImmutableIntArray.copyOf(new SplittableRandom(4).ints(PROMPT + 1, 0, VOCABULARY));
    try (HeterogeneousModel random = TestModels.model(spec, 3);
        HeterogeneousModel model = random.copy(DType.BFLOAT16);
        InferenceBackend device = Backends.of(new Device("cuda", 0), 1, degree);
        InferenceModel ready =
            device.prepare(
                spec,
                new Scaled(WeightSource.of(model), ofFirst, ofLast),
                WeightFormat.BFLOAT16,
                512);
        InferenceSession session = ready.newSession(PAGES.length(), KvFormat.FLOAT8_E4M3)) {
      float[][] prompt =
          ServedModel.rows(
              session.step(
                  ForwardBatch.of(
                      new SequenceChunk(
                          PAGES, 0, text.subArray(0, PROMPT), SequenceChunk.LAST_LOGITS))));
      float[][] next =
          ServedModel.rows(
              session.step(
                  ForwardBatch.of(
                      new SequenceChunk(
                          PAGES,
                          PROMPT,
                          text.subArray(PROMPT, PROMPT + 1),
                          SequenceChunk.LAST_LOGITS))));
      return new Given(new float[][] {prompt[0], next[0]}, session.saturated());
    }
  }

  private static double difference(float[][] actual, float[][] expected) {
    double error = 0;
    double size = 0;
    for (int row = 0; row < expected.length; row++) {
      for (int i = 0; i < expected[row].length; i++) {
        error += Math.pow((double) actual[row][i] - expected[row][i], 2);
        size += Math.pow(expected[row][i], 2);
      }
    }
    return Math.sqrt(error / size);
  }

  /** 128 is the size of heads on tensor cores. */
  @ParameterizedTest
  @ValueSource(ints = {64, 128})
  void step_scalesOfLayersAndHeads_giveTheLogitsOfScalesOfOne(int headDim) {
    assertGivesTheLogitsOfScalesOfOne(headDim, 1);
  }

  /** Compares scales on so many GPUs with none on one. */
  static void assertGivesTheLogitsOfScalesOfOne(int headDim, int degree) {
    Given ones = given(spec(headDim), 1, 1);
    Given others = given(spec(headDim), 0.37, 1.9, degree);
    assertThat(others.saturated).isEqualTo(ones.saturated).isZero();
    assertThat(difference(others.logits, ones.logits)).isBetween(1e-5, TOLERANCE);
  }

  @Test
  void step_scalesTooSmall_countWhatIsTooLarge() {
    assertThat(given(spec(64), 1e-5, 1).saturated).isPositive();
  }
}
