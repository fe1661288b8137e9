package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.activation.Divergences;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** The kernels of the loss against LibTorch's operations and their gradients on the same GPU. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuLossTermsTest {
  private static final Device GPU = new Device("cuda", 0);
  private static final int ROWS = 7;

  /** A rounding to bfloat16 is up to 2^-8 of a value. */
  private static final double ROUNDING = 1.0 / 250;

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static Tensor random(int columns) {
    return torch.randn(new long[] {ROWS, columns}, GPU.options(DType.BFLOAT16)).mul(new Scalar(2));
  }

  private static Tensor wideLeaf(Tensor tensor) {
    Tensor leaf = Tensors.cast(tensor, DType.FLOAT32).clone();
    leaf.set_requires_grad(true);
    return leaf;
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 1003, 1024, 128_256})
  void kl_anyVocabulary_agreesWithOperations(int vocabulary) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor parent = random(vocabulary);
      Tensor child = parent.add(random(vocabulary));
      Tensor leaf = wideLeaf(child);
      Tensor parentLog = torch.log_softmax(Tensors.cast(parent, DType.FLOAT32), 1);
      Tensor expected =
          Divergences.kl(parentLog, torch.log_softmax(leaf, 1)).sum().mul(new Scalar(0.5));
      expected.backward();
      CudaLossTerms.Term term = CudaLossTerms.kl(parent, child.clone(), 0.5);
      assertThat(Tensors.scalar(term.loss()))
          .isCloseTo(Tensors.scalar(expected), within(1e-4 * Tensors.scalar(expected)));
      assertClose(term.gradient(), leaf.grad());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 37, 512, 4096})
  void cosine_anyWidth_agreesWithOperations(int width) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor parent = random(width);
      Tensor child = parent.add(random(width));
      Tensor leaf = wideLeaf(child);
      Tensor similarity =
          torch.cosine_similarity(Tensors.cast(parent, DType.FLOAT32), leaf, 1, 1e-8);
      Tensor expected = similarity.neg().add(new Scalar(1)).sum().mul(new Scalar(0.25));
      expected.backward();
      CudaLossTerms.Term term = CudaLossTerms.cosine(parent, child, 0.25, 1e-8);
      assertThat(Tensors.scalar(term.loss()))
          .isCloseTo(Tensors.scalar(expected), within(1e-4 * ROWS));
      assertClose(term.gradient(), leaf.grad());
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    double most = Tensors.scalar(expected.abs().max());
    float[] wanted = Tensors.floats(expected);
    float[] given = Tensors.floats(actual);
    for (int i = 0; i < wanted.length; i++) {
      assertThat((double) given[i])
          .as("element %s", i)
          .isCloseTo(
              wanted[i], within(ROUNDING * Math.abs(wanted[i]) + 1e-5 * Math.max(most, 0.1)));
    }
  }
}
