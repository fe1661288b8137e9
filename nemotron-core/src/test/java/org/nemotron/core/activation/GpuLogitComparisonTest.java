package org.nemotron.core.activation;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** The kernel that compares rows of logits against LibTorch's operations on the same GPU. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuLogitComparisonTest {
  private static final Device GPU = new Device("cuda", 0);
  private static final int ROWS = 5;

  /** Both sum in float32, the kernel with the GPU's fast exponential. */
  private static final float TOLERANCE = 1e-4f;

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static Tensor logits(int vocabulary) {
    return torch.randn(new long[] {ROWS, vocabulary}, GPU.options(DType.BFLOAT16));
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 1003, 1024, 128_256})
  void of_anyVocabulary_agreesWithSeparateOperations(int vocabulary) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor parent = logits(vocabulary);
      Tensor child = parent.add(logits(vocabulary));
      Tensor normalizers = Tensors.cast(parent, DType.FLOAT32).logsumexp(new long[] {1});
      Tensor targets = Tensors.move(Tensors.of(new long[] {0, 1, 6, 3, 2}, ROWS), GPU, DType.INT64);
      LogitComparison.Rows expected = LogitComparison.compared(parent, normalizers, child, targets);
      LogitComparison.Rows actual =
          CudaLogitComparison.of(GPU, parent, normalizers, child, targets);
      assertClose(actual.klR(), expected.klR());
      assertClose(actual.lossR(), expected.lossR());
      assertClose(actual.rightR(), expected.rightR());
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(Tensors.floats(actual))
        .usingComparatorWithPrecision(TOLERANCE)
        .containsExactly(Tensors.floats(expected));
  }
}
