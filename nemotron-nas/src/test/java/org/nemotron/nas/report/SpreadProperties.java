package org.nemotron.nas.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;

final class SpreadProperties {
  /** Places are sums of a few dozen steps. */
  private static final double ROUNDING = 1e-9;

  @Property(tries = 200)
  void labelsKeepOrderDistanceAndFrame(
      @ForAll @Size(min = 1, max = 30) List<@DoubleRange(min = -50, max = 250) Double> wishes) {
    double[] wanted = wishes.stream().mapToDouble(wish -> wish).sorted().toArray();
    double[] places = Spread.apart(wanted, 12, 0, 200);
    double promised = wanted.length == 1 ? 12 : Math.min(12, 200.0 / (wanted.length - 1));
    for (int i = 0; i < places.length; i++) {
      assertThat(places[i]).isBetween(-ROUNDING, 200 + ROUNDING);
      assertThat(i == 0 ? promised : places[i] - places[i - 1])
          .isGreaterThanOrEqualTo(promised - ROUNDING);
    }
  }

  @Property(tries = 100)
  void labelsWithRoomStayWhereTheyWantToBe(@ForAll @DoubleRange(min = 0, max = 150) double first) {
    double[] wanted = {first, first + 20, first + 50};
    assertThat(Spread.apart(wanted, 12, 0, 200)).containsExactly(wanted);
  }
}
