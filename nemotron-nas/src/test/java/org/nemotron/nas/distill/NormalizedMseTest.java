package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;

final class NormalizedMseTest {
  /** Float32 sums of sixty terms against float64. */
  private static final double TOLERANCE = 1e-6;

  private NativeScope scope;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Tensor output(long seed) {
    return SmallParent.random(Shapes.of(3, 4, 5), new Seed(seed));
  }

  @Test
  void of_equalOutputs_isZero() {
    assertThat(Tensors.scalar(NormalizedMse.of(output(1), output(1)).loss())).isZero();
  }

  @Test
  void of_zeros_isOne() {
    assertThat(Tensors.scalar(NormalizedMse.of(output(1), torch.zeros_like(output(1))).loss()))
        .isEqualTo(1);
  }

  @Test
  void of_outputsThatDiffer_isErrorOverEnergy() {
    float[] parent = Tensors.floats(output(1));
    float[] child = Tensors.floats(output(2));
    double error = 0;
    double energy = 0;
    for (int i = 0; i < parent.length; i++) {
      error += Math.pow((double) child[i] - parent[i], 2);
      energy += Math.pow(parent[i], 2);
    }
    assertThat(Tensors.scalar(NormalizedMse.of(output(1), output(2)).loss()))
        .isCloseTo(error / energy, within(TOLERANCE));
  }

  @Test
  void of_gradient_isWhatAutomaticDifferentiationFinds() {
    Tensor child = output(2);
    child.set_requires_grad(true);
    Tensor parent = output(1);
    child.sub(parent).square().sum().div(parent.square().sum()).backward();
    float[] expected = Tensors.floats(child.grad());
    assertThat(Tensors.floats(NormalizedMse.of(parent, child).gradientBTD()))
        .usingComparatorWithPrecision((float) TOLERANCE)
        .containsExactly(expected);
  }

  @Test
  void of_otherShape_isRefused() {
    Tensor flat = output(1).flatten();
    assertThatThrownBy(() -> NormalizedMse.of(output(1), flat))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("parent and child outputs must have the same shape");
  }
}
