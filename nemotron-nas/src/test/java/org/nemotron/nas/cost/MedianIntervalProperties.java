package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;

final class MedianIntervalProperties {
  private static List<Double> oneTo(int count) {
    return DoubleStream.iterate(1, value -> value + 1).limit(count).boxed().toList();
  }

  /** Ranks from tables of the one-sided sign test at 95 %. */
  @Example
  void of_ranks_areThoseOfTheSignTest() {
    assertThat(MedianInterval.of(oneTo(5))).isEqualTo(new MedianInterval(3, 1, 5));
    assertThat(MedianInterval.of(oneTo(6))).isEqualTo(new MedianInterval(3.5, 1, 6));
    assertThat(MedianInterval.of(oneTo(8))).isEqualTo(new MedianInterval(4.5, 2, 7));
    assertThat(MedianInterval.of(oneTo(9))).isEqualTo(new MedianInterval(5, 2, 8));
    assertThat(MedianInterval.of(oneTo(12))).isEqualTo(new MedianInterval(6.5, 3, 10));
    assertThat(MedianInterval.of(oneTo(20))).isEqualTo(new MedianInterval(10.5, 6, 15));
    assertThat(MedianInterval.of(oneTo(100))).isEqualTo(new MedianInterval(50.5, 42, 59));
  }

  @Property
  void of_anyMeasurements_isOrderedAndScales(
      @ForAll @Size(min = 1, max = 40) List<@DoubleRange(min = 0.1, max = 1e3) Double> values,
      @ForAll @DoubleRange(min = 0.5, max = 2) double factor) {
    MedianInterval interval = MedianInterval.of(values);
    assertThat(interval.median()).isBetween(interval.low(), interval.high());
    assertThat(values).contains(interval.low(), interval.high());
    MedianInterval scaled =
        MedianInterval.of(values.stream().map(value -> value * factor).toList());
    assertThat(scaled.low()).isCloseTo(interval.times(factor).low(), within(1e-9));
    assertThat(scaled.precision()).isCloseTo(interval.precision(), within(1e-9));
  }

  /** The seed is fixed: of 2,000 intervals at least 94 % hold the median. */
  @Example
  void of_skewedMeasurements_holdsTheTrueMedianAsOftenAsPromised() {
    Random random = new Random(5);
    int held = 0;
    int trials = 2_000;
    for (int trial = 0; trial < trials; trial++) {
      ImmutableList.Builder<Double> values = ImmutableList.builder();
      for (int index = 0; index < 12; index++) {
        values.add(-Math.log(1 - random.nextDouble()));
      }
      MedianInterval interval = MedianInterval.of(values.build());
      held += interval.low() <= Math.log(2) && Math.log(2) <= interval.high() ? 1 : 0;
    }
    assertThat((double) held / trials).isGreaterThan(0.94);
  }

  /** A machine that is half as fast for some rounds leaves the ratio as it is. */
  @Property
  void ratio_disturbedRounds_isThatOfTheModels(
      @ForAll @Size(min = 3, max = 20) List<@DoubleRange(min = 0.2, max = 1) Double> disturbances) {
    ImmutableList<ImmutableList<Double>> rounds =
        disturbances.stream()
            .map(share -> ImmutableList.of(100 * share, 250 * share))
            .collect(ImmutableList.toImmutableList());
    PairedRates rates = new PairedRates(rounds);
    assertThat(rates.ratio(1, 0).median()).isCloseTo(2.5, within(1e-9));
    assertThat(rates.ratiosWithin(1e-9)).isTrue();
  }

  @Example
  void of_nothing_isRefused() {
    assertThatThrownBy(() -> MedianInterval.of(ImmutableList.of()))
        .hasMessage("measurements ([]) must hold at least one");
    assertThatThrownBy(() -> new PairedRates(ImmutableList.of()))
        .hasMessage("rounds ([]) must hold at least one");
    assertThatThrownBy(() -> new MedianInterval(1, 2, 3))
        .hasMessage("median (1.0) must be a number from low (2.0) to high (3.0)");
  }
}
