package org.nemotron.nas.search.exact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.nas.search.graph.CostSum;

final class GridProperties {
  private static final int VALUES = 6;
  private static final int SUMS = 200;

  /** Sums of decimals are rounded; the solver widens its limits by more. */
  private static final double ROUNDING = 1e-12;

  /** A bound so little above a multiple, in steps, is taken for it. */
  private static final double SAME = 2e-6;

  @Example
  void of_valuesOfADivisor_isThatDivisor() {
    assertThat(Grid.of(new double[] {6, -9, 0, 12})).isEqualTo(new Grid(3, true));
    assertThat(Grid.of(new double[] {0.5, 0.2})).isEqualTo(new Grid(0.1, false));
    assertThat(Grid.of(new double[] {1 / 3.0, 1}).step()).isZero();
    assertThat(Grid.of(new double[] {0, 0}).step()).isZero();
  }

  @Property
  void noSumLiesBetweenALimitAndTheLoweredOne(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 4) int places) {
    Random random = new Random(seed);
    double[] values = values(random, places);
    Grid grid = Grid.of(values);
    double fixed = random.nextBoolean() ? 0 : random.nextInt(50);
    double limit = limit(random, values, fixed);
    double lowered = grid.lowered(limit, fixed);
    assertThat(lowered).isLessThanOrEqualTo(limit);
    for (int i = 0; i < SUMS; i++) {
      double sum = sum(random, values, fixed);
      if (grid.exact()) {
        assertThat(sum <= lowered).isEqualTo(sum <= limit);
      } else if (sum <= limit) {
        assertThat(sum).isLessThanOrEqualTo(lowered + ROUNDING);
      }
    }
  }

  @Property
  void noSumLiesBetweenABoundAndTheRaisedOne(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 4) int places) {
    Random random = new Random(seed);
    double[] values = values(random, places);
    double bound = limit(random, values, 0);
    Grid grid = Grid.of(values);
    double raised = grid.raised(bound);
    assertThat(raised).isGreaterThanOrEqualTo(bound);
    if (grid.step() > 0) {
      double multiples = raised / grid.step();
      assertThat(multiples).isCloseTo(Math.rint(multiples), within(SAME));
    }
    for (int i = 0; i < SUMS; i++) {
      double sum = sum(random, values, 0);
      if (sum >= bound) {
        assertThat(sum).isGreaterThanOrEqualTo(raised - SAME * grid.step());
      }
    }
  }

  private static double[] values(Random random, int places) {
    double unit = Math.pow(10, places);
    double[] values = new double[VALUES];
    for (int i = 0; i < VALUES; i++) {
      values[i] = (1 + random.nextInt(3)) * (random.nextInt(41) - 20) / unit;
    }
    return values;
  }

  private static double sum(Random random, double[] values, double fixed) {
    CostSum sum = new CostSum(fixed);
    for (int i = 0; i < 1 + random.nextInt(8); i++) {
      sum.add(values[random.nextInt(VALUES)]);
    }
    return sum.value();
  }

  /** Returns a sum, a neighbor of a sum, or any number near them. */
  private static double limit(Random random, double[] values, double fixed) {
    double sum = sum(random, values, fixed);
    return switch (random.nextInt(4)) {
      case 0 -> sum;
      case 1 -> Math.nextDown(sum);
      case 2 -> Math.nextUp(sum);
      default -> sum + values[0] * random.nextDouble();
    };
  }
}
