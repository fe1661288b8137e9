package org.nemotron.nas.search.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

final class CostSumProperties {
  @Provide
  Arbitrary<List<Double>> costs() {
    Arbitrary<Double> tenths = Arbitraries.integers().between(-50, 500).map(i -> 0.1 * i);
    Arbitrary<Double> any = Arbitraries.doubles().between(-1e9, 1e9);
    return Arbitraries.oneOf(tenths, any).list().ofMinSize(1).ofMaxSize(300);
  }

  private static double sum(List<Double> costs) {
    CostSum sum = new CostSum(costs.get(0));
    costs.subList(1, costs.size()).forEach(sum::add);
    return sum.value();
  }

  @Property
  void sumIsTheExactOneRoundedOnce(@ForAll("costs") List<Double> costs) {
    BigDecimal exact = costs.stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
    assertThat(sum(costs)).isEqualTo(exact.doubleValue());
  }

  @Property
  void sumDoesNotDependOnTheOrder(@ForAll("costs") List<Double> costs) {
    double forward = sum(costs);
    Collections.reverse(costs);
    assertThat(sum(costs)).isEqualTo(forward);
  }

  @Test
  void value_repeatedCostsThatRoundUp_isWhatTheyAddUpTo() {
    CostSum sum = new CostSum(0);
    for (int i = 0; i < 10; i++) {
      sum.add(0.1);
    }
    assertThat(sum.value()).isEqualTo(1);
  }
}
