package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableMap;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

/** The kernel of AdamW with moments of 8 bits against the same in Java. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuEightBitAdamWTest {
  private static final Device GPU = new Device("cuda", 0);
  private static final OptimizerSettings SETTINGS =
      new OptimizerSettings(1e-2, 0, 1, 0.9, 0.95, 0.01, 1);
  private static final int STEPS = 5;

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static Tensor values(long seed, int count) {
    SplittableRandom random = new Seed(seed).random();
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      double value = (random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(3));
      values[i] = (float) value;
    }
    return Tensors.cast(Tensors.cast(Tensors.of(values, count), DType.BFLOAT16), DType.FLOAT32);
  }

  private static float[] trained(Device device, DType dtype, int count) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor weights = Tensors.move(values(1, count), device, dtype).clone();
      weights.set_requires_grad(true);
      try (NamedTensors tensors = NamedTensors.of(ImmutableMap.of("w", weights));
          EightBitAdamW optimizer = new EightBitAdamW(tensors, SETTINGS, STEPS)) {
        for (int step = 0; step < STEPS; step++) {
          Tensor gradient = Tensors.move(values(10 + step, count), device, dtype);
          weights.mul(gradient).sum().backward();
          assertThat(optimizer.step(step)).isPositive();
        }
        return Tensors.floats(weights);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 255, 256, 300, 2048, 70_001})
  void step_anyLength_followsJava(int count) {
    float[] expected = trained(Device.CPU, DType.FLOAT32, count);
    float[] actual = trained(GPU, DType.BFLOAT16, count);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      // Five roundings by chance to a bfloat16, and moments a code apart.
      double tolerance = 5 * Math.abs(expected[i]) / 128 + 0.3 * STEPS * 1e-2;
      assertThat((double) actual[i]).as("element %s", i).isCloseTo(expected[i], within(tolerance));
      sum += (actual[i] - expected[i]) / Math.max(0.01, Math.abs(expected[i]));
    }
    assertThat(sum / count).isCloseTo(0, within(0.02 + 2 / Math.sqrt(count)));
  }

  @Test
  void step_gradientNotFinite_changesNothing() {
    try (NativeScope scope = NativeScope.open()) {
      Tensor weights = Tensors.move(values(1, 1000), GPU, DType.BFLOAT16).clone();
      weights.set_requires_grad(true);
      float[] before = Tensors.floats(weights);
      try (NamedTensors tensors = NamedTensors.of(ImmutableMap.of("w", weights));
          EightBitAdamW optimizer = new EightBitAdamW(tensors, SETTINGS, STEPS)) {
        weights.mul(new Scalar(Double.POSITIVE_INFINITY)).sum().backward();
        assertThat(optimizer.step(0)).isNotFinite();
        assertThat(Tensors.floats(weights)).isEqualTo(before);
      }
    }
  }
}
