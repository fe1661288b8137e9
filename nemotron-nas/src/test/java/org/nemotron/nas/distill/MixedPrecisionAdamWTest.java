package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class MixedPrecisionAdamWTest {
  /** A float32 and a float64 computation of the same few steps. */
  private static final double TOLERANCE = 1e-6;

  private static final int STEPS = 20;
  private static final OptimizerSettings SETTINGS = OptimizerSettings.ofRate(0.1);

  private final Path directory;

  MixedPrecisionAdamWTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static NamedTensors tensors() {
    try (NativeScope scope = NativeScope.open()) {
      Tensor first = Tensors.cast(Tensors.of(AdamWByHand.begin(), 3, 4), DType.BFLOAT16);
      first.set_requires_grad(true);
      return NamedTensors.of(ImmutableMap.of("first", first));
    }
  }

  @CanIgnoreReturnValue
  private static double step(
      MixedPrecisionAdamW optimizer, NamedTensors tensors, int step, float[] grad) {
    try (NativeScope scope = NativeScope.open()) {
      tensors.get("first").mutable_grad().put(Tensors.cast(Tensors.of(grad, 3, 4), DType.BFLOAT16));
    }
    return optimizer.step(step);
  }

  private float[] masters(MixedPrecisionAdamW optimizer) throws IOException {
    Path file = directory.resolve("state.safetensors");
    optimizer.save(file);
    try (NativeScope scope = NativeScope.open();
        SafetensorsFile saved = SafetensorsFile.open(file)) {
      return Tensors.floats(saved.tensor("master.first"));
    }
  }

  private static void assertClose(float[] actual, double[] expected) {
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i]).isCloseTo(expected[i], within(TOLERANCE));
    }
  }

  @Test
  void step_manyTimes_isAdamWInFloat32() throws IOException {
    try (NamedTensors tensors = tensors();
        MixedPrecisionAdamW optimizer = new MixedPrecisionAdamW(tensors, SETTINGS, STEPS)) {
      for (int step = 0; step < STEPS; step++) {
        double norm = step(optimizer, tensors, step, AdamWByHand.gradient(step));
        double squares = 0;
        for (float value : AdamWByHand.gradient(step)) {
          squares += (double) value * value;
        }
        assertThat(norm).isCloseTo(Math.sqrt(squares), within(1e-5));
      }
      assertClose(masters(optimizer), AdamWByHand.expected(SETTINGS, STEPS, STEPS));
      try (NativeScope scope = NativeScope.open()) {
        Tensor rounded = Tensors.cast(Tensors.of(masters(optimizer), 3, 4), DType.BFLOAT16);
        assertThat(Tensors.floats(tensors.get("first"))).isEqualTo(Tensors.floats(rounded));
      }
    }
  }

  @Test
  void step_gradientNotFinite_changesNothing() throws IOException {
    try (NamedTensors tensors = tensors();
        MixedPrecisionAdamW optimizer = new MixedPrecisionAdamW(tensors, SETTINGS, STEPS)) {
      step(optimizer, tensors, 0, AdamWByHand.gradient(0));
      float[] before = masters(optimizer);
      float[] bad = AdamWByHand.gradient(1);
      bad[3] = Float.NaN;
      assertThat(step(optimizer, tensors, 1, bad)).isNaN();
      assertThat(masters(optimizer)).isEqualTo(before);
      // The step does not count either: the next one is the second.
      step(optimizer, tensors, 1, AdamWByHand.gradient(1));
      assertClose(masters(optimizer), AdamWByHand.expected(SETTINGS, STEPS, 2));
    }
  }

  @Test
  void load_whatWasSaved_goesOnAsIfNothingHadHappened() throws IOException {
    Path file = directory.resolve("optimizer");
    try (NamedTensors tensors = tensors();
        MixedPrecisionAdamW optimizer = new MixedPrecisionAdamW(tensors, SETTINGS, STEPS)) {
      step(optimizer, tensors, 0, AdamWByHand.gradient(0));
      optimizer.save(file);
    }
    try (NamedTensors tensors = tensors();
        MixedPrecisionAdamW optimizer = new MixedPrecisionAdamW(tensors, SETTINGS, STEPS)) {
      optimizer.load(file);
      step(optimizer, tensors, 1, AdamWByHand.gradient(1));
      assertClose(masters(optimizer), AdamWByHand.expected(SETTINGS, STEPS, 2));
    }
  }
}
