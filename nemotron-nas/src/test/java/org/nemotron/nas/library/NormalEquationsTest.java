package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.IntStream;
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

final class NormalEquationsTest {
  /** The sums are float32; the condition of some dozens of random columns is some ten. */
  private static final double TOLERANCE = 1e-4;

  private static final int TOKENS = 200;
  private static final int INPUTS = 16;
  private static final int OUTPUTS = 5;

  private NativeScope scope;

  @BeforeEach
  void openScope() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private static ImmutableIntArray first(int count) {
    return ImmutableIntArray.copyOf(IntStream.range(0, count));
  }

  private static Tensor inputs(long seed) {
    return SmallParent.random(Shapes.of(TOKENS, INPUTS), new Seed(seed));
  }

  private static Tensor projection() {
    return SmallParent.random(Shapes.of(OUTPUTS, INPUTS), new Seed(1));
  }

  @Test
  void solve_nothingDropped_recoversTheProjection() {
    Tensor weight = projection();
    try (NormalEquations equations = observed(weight)) {
      Tensor fitted = equations.solve(first(INPUTS), weight);
      assertThat(fitted.sub(weight).abs().max().item_double()).isLessThan(TOLERANCE);
    }
  }

  @Test
  void solve_channelsDropped_errsLessThanPlainTruncationOnTheSameTokens() {
    Tensor weight = projection();
    ImmutableIntArray kept = ImmutableIntArray.of(1, 4, 5, 9, 12, 15);
    Tensor index = Tensors.of(kept.stream().asLongStream().toArray(), kept.length());
    Tensor truncated = weight.index_select(1, index);
    // The inputs have something in common, which is what the fit makes use of.
    Tensor shared = SmallParent.random(Shapes.of(TOKENS, 1), new Seed(8));
    Tensor inputs = inputs(2).add(shared);
    try (NormalEquations equations = new NormalEquations(inputs, torch.linear(inputs, weight))) {
      equations.observe(inputs, torch.linear(inputs, weight));
      Tensor fitted = equations.solve(kept, truncated);
      Tensor left = inputs.index_select(1, index);
      Tensor wanted = torch.linear(inputs, weight);
      double plain = error(torch.linear(left, truncated), wanted);
      assertThat(error(torch.linear(left, fitted), wanted)).isLessThan(0.9 * plain);
    }
  }

  @Test
  void solve_silentInput_keepsItsStartingWeight() {
    Tensor weight = projection();
    Tensor inputs = inputs(2).clone();
    inputs.select(1, 3).zero_();
    try (NormalEquations equations = new NormalEquations(inputs, torch.linear(inputs, weight))) {
      equations.observe(inputs, torch.linear(inputs, weight));
      Tensor fitted = equations.solve(first(INPUTS), weight);
      assertThat(fitted.select(1, 3).sub(weight.select(1, 3)).abs().max().item_double())
          .isLessThan(TOLERANCE);
    }
  }

  private static NormalEquations observed(Tensor weight) {
    NormalEquations equations = new NormalEquations(inputs(2), torch.linear(inputs(2), weight));
    equations.observe(inputs(2), torch.linear(inputs(2), weight));
    equations.observe(inputs(3), torch.linear(inputs(3), weight));
    return equations;
  }

  private static double error(Tensor actual, Tensor wanted) {
    return actual.sub(wanted).square().sum().item_double();
  }
}
