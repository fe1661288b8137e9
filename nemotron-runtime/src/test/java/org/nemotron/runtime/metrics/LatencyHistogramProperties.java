package org.nemotron.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;

final class LatencyHistogramProperties {
  /** From nanoseconds to centuries: the exponent is uniform. */
  @Provide
  Arbitrary<List<Long>> times() {
    return Arbitraries.integers()
        .between(1, 62)
        .flatMap(bits -> Arbitraries.longs().between(0, 1L << bits))
        .list()
        .ofMinSize(1)
        .ofMaxSize(200);
  }

  @Property
  void quantileIsTheSortedOneWithinOnePercent(
      @ForAll("times") List<Long> times, @ForAll @DoubleRange(min = 0.01, max = 1) double share) {
    LatencyHistogram histogram = new LatencyHistogram();
    times.forEach(histogram::record);
    int rank = (int) Math.ceil(share * times.size());
    long exact = times.stream().sorted().skip(rank - 1).findFirst().orElseThrow();
    assertThat(histogram.quantile(share).toNanos()).isBetween(exact, exact + exact / 100);
  }

  @Example
  void nothingRecordedIsZero() {
    assertThat(new LatencyHistogram().summary())
        .isEqualTo(new Latency(0, Duration.ZERO, Duration.ZERO));
  }

  @Example
  void clockThatGoesBackCountsAsZero() {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.record(-5);
    assertThat(histogram.summary()).isEqualTo(new Latency(1, Duration.ZERO, Duration.ZERO));
  }
}
