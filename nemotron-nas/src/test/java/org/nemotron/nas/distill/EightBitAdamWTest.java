package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;

final class EightBitAdamWTest {
  private static final double RATE = 3e-2;
  private static final OptimizerSettings SETTINGS =
      new OptimizerSettings(RATE, 0, 0.02, 0.9, 0.95, 0.01, 1e9);
  private static final int STEPS = 200;

  @Property(tries = 200)
  void coded_anyShare_isRightOnAverage(
      @ForAll @FloatRange(min = 0, max = 1) float share, @ForAll boolean fourth) {
    float levels = fourth ? 255 : 127;
    SplittableRandom random = new Seed(Float.floatToIntBits(share)).random();
    double sum = 0;
    double most = 0;
    int draws = 2000;
    for (int draw = 0; draw < draws; draw++) {
      int code = EightBitMoments.coded(share * 3, 3, levels, fourth, random.nextInt());
      assertThat(code).isBetween(0, (int) levels);
      double value = Math.pow(code / levels, fourth ? 4 : 2);
      sum += value;
      most = Math.max(most, Math.abs(value - share));
    }
    // Five standard deviations of a mean of draws, each as far off as the farthest one at most.
    assertThat(sum / draws).isCloseTo(share, within(5 * most / Math.sqrt(draws) + 1e-5));
  }

  /** A bowl with steep and flat directions, noisy gradients: where an optimizer ends. */
  private static double loss(OptimizerStates states) {
    try (NativeScope scope = NativeScope.open();
        NamedTensors tensors = trained(states, STEPS)) {
      return Tensors.scalar(value(tensors, -1));
    }
  }

  private static NamedTensors trained(OptimizerStates states, int steps) {
    NamedTensors tensors = parameters();
    try (NativeScope scope = NativeScope.open();
        Optimizer optimizer = Optimizer.of(tensors, SETTINGS, STEPS, states)) {
      for (int step = 0; step < steps; step++) {
        try (NativeScope ofStep = NativeScope.open()) {
          value(tensors, step).backward();
          double unused = optimizer.step(step);
        }
      }
      return tensors;
    }
  }

  private static NamedTensors parameters() {
    try (NamedTensors drawn = NamedTensors.of(ImmutableMap.of("w", noise(1, 40, 30)))) {
      return drawn.map(
          tensor -> {
            Tensor own = tensor.clone();
            own.set_requires_grad(true);
            return own;
          });
    }
  }

  private static Tensor noise(long seed, long... shape) {
    long count = 1;
    for (long side : shape) {
      count *= side;
    }
    SplittableRandom random = new Seed(seed).random();
    float[] values = new float[(int) count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() - 0.5);
    }
    return Tensors.of(values, shape);
  }

  private static Tensor value(NamedTensors tensors, int step) {
    Tensor steepness = torch.logspace(new Scalar(-3), new Scalar(1), 1200).view(40, 30);
    Tensor target =
        step < 0 ? torch.zeros(40, 30) : noise(100 + step, 40, 30).mul(new Scalar(0.02));
    return tensors.get("w").sub(target).square().mul(steepness).sum();
  }

  @Test
  void step_manySteps_comesAsFarAsFloat32() {
    double start;
    try (NativeScope scope = NativeScope.open();
        NamedTensors tensors = parameters()) {
      start = Tensors.scalar(value(tensors, -1));
    }
    double wide = loss(OptimizerStates.FLOAT32);
    double narrow = loss(OptimizerStates.EIGHT_BIT);
    assertThat(wide).isLessThan(1e-2 * start);
    assertThat(narrow).isLessThan(1e-2 * start);
  }

  @ParameterizedTest
  @CsvSource({"1, 1e-5", "3, 0.02", "20, 0.2"})
  void step_fewSteps_followsFloat32(int steps, double share) {
    try (NativeScope scope = NativeScope.open();
        NamedTensors wide = trained(OptimizerStates.FLOAT32, steps);
        NamedTensors narrow = trained(OptimizerStates.EIGHT_BIT, steps)) {
      Tensor apart = wide.get("w").sub(narrow.get("w")).detach();
      assertThat(Tensors.scalar(apart.abs().mean())).isLessThan(share * steps * RATE);
      assertThat(Tensors.scalar(apart.mean())).isCloseTo(0, within(0.05 * share * steps * RATE));
    }
  }

  @Test
  void update_someTensors_changesThoseAndFreesTheirGradients() {
    try (NativeScope scope = NativeScope.open();
        NamedTensors tensors =
            NamedTensors.of(ImmutableMap.of("a", parameter(2), "b", parameter(3)));
        EightBitAdamW optimizer = new EightBitAdamW(tensors, SETTINGS, STEPS)) {
      tensors.asMap().values().forEach(tensor -> tensor.square().sum().backward());
      float[] a = Tensors.floats(tensors.get("a"));
      float[] b = Tensors.floats(tensors.get("b"));
      optimizer.update(0, ImmutableList.of("a"));
      assertThat(Tensors.floats(tensors.get("a"))).isNotEqualTo(a);
      assertThat(Tensors.floats(tensors.get("b"))).isEqualTo(b);
      assertThat(tensors.get("a").grad().defined()).isFalse();
      assertThat(tensors.get("b").grad().defined()).isTrue();
      double norm = optimizer.step(0);
      double squares = 0;
      for (float[] values : new float[][] {a, b}) {
        for (float value : values) {
          squares += 4.0 * value * value;
        }
      }
      assertThat(norm).isCloseTo(Math.sqrt(squares), within(1e-4 * norm));
      assertThat(tensors.get("b").grad().defined()).isFalse();
    }
  }

  private static Tensor parameter(long seed) {
    Tensor tensor = noise(seed, 300);
    tensor.set_requires_grad(true);
    return tensor;
  }

  @Test
  void step_gradientNotFinite_changesNothing() {
    try (NativeScope scope = NativeScope.open();
        NamedTensors tensors = NamedTensors.of(ImmutableMap.of("a", parameter(2)));
        EightBitAdamW optimizer = new EightBitAdamW(tensors, SETTINGS, STEPS)) {
      float[] before = Tensors.floats(tensors.get("a"));
      tensors.get("a").mul(new Scalar(Double.POSITIVE_INFINITY)).sum().backward();
      assertThat(optimizer.step(0)).isNotFinite();
      assertThat(Tensors.floats(tensors.get("a"))).isEqualTo(before);
    }
  }

  @Test
  void load_savedState_goesOnWithTheSameBits(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("optimizer");
    try (NativeScope scope = NativeScope.open();
        NamedTensors one = NamedTensors.of(ImmutableMap.of("a", parameter(2)));
        NamedTensors two = NamedTensors.of(ImmutableMap.of("a", parameter(2)));
        EightBitAdamW first = new EightBitAdamW(one, SETTINGS, STEPS);
        EightBitAdamW second = new EightBitAdamW(two, SETTINGS, STEPS)) {
      step(one, first, 0);
      first.save(file);
      two.get("a").detach().copy_(one.get("a").detach());
      second.load(file);
      step(one, first, 1);
      step(two, second, 1);
      assertThat(Tensors.floats(two.get("a"))).isEqualTo(Tensors.floats(one.get("a")));
    }
  }

  private static void step(NamedTensors tensors, Optimizer optimizer, int step) {
    tensors.get("a").square().sum().backward();
    double unused = optimizer.step(step);
  }
}
