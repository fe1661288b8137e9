package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Kernels of forward passes against LibTorch's operations on the same GPU. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuFusedOpsTest {
  private static final Device GPU = new Device("cuda", 0);

  /** One rounding to 8 bits of values below 16: fused multiply-adds may fall to the other side. */
  private static final float TOLERANCE = 1f / 16;

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static Tensor random(long... shape) {
    return torch.randn(shape, GPU.options(DType.BFLOAT16));
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(Tensors.floats(actual))
        .usingComparatorWithPrecision(TOLERANCE)
        .containsExactly(Tensors.floats(expected));
  }

  @Test
  void gated_withoutGradients_agreesWithSeparateOperations() {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      Tensor gates = random(3, 5, 1000);
      Tensor ups = random(3, 5, 1000);
      Tensor expected = torch.silu(gates).mul(ups);
      assertThat(FusedOps.fusesGated(gates, ups)).isTrue();
      assertClose(FusedOps.gated(gates, ups), expected);
    }
  }

  @Test
  void apply_withoutGradients_turnsAsWithThem() {
    try (NativeScope scope = NativeScope.open();
        RotaryEmbedding rotary =
            new RotaryEmbedding(new RopeSpec.Plain(10_000), 64, 512, DType.BFLOAT16, GPU)) {
      Tensor heads = random(2, 37, 3, 64).transpose(1, 2);
      Tensor expected = rotary.apply(heads, 5);
      try (NoGradGuard inference = new NoGradGuard()) {
        assertThat(FusedOps.fusesRotated(heads)).isTrue();
        assertClose(rotary.apply(heads, 5), expected);
      }
    }
  }

  @Test
  void gate_gradientsWanted_isLeftToLibTorch() {
    try (NativeScope scope = NativeScope.open()) {
      assertThat(FusedOps.fusesGated(random(2, 8), random(2, 8))).isFalse();
      assertThat(FusedOps.fusesRotated(random(1, 2, 3, 64))).isFalse();
    }
  }
}
