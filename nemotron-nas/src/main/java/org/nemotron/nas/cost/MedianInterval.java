package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.math.Quantiles;
import java.util.List;

/**
 * The median of repeated measurements, and an interval: the true median lies below its lower end
 * with a probability of at most 5 %, and as rarely above its upper end, where there are five
 * measurements or more; with fewer, it reaches from the least to the greatest. Immutable.
 *
 * <p>The interval lies between two of the sorted measurements, as many from each end as the
 * binomial distribution allows, so that nothing is assumed of their distribution (David and
 * Nagaraja, Order Statistics, section 7.1).
 *
 * @param median of the measurements
 * @param low lower end of the interval
 * @param high upper end of the interval
 */
public record MedianInterval(double median, double low, double high) {
  private static final double ONE_TAIL = 0.05;

  /** Checks that the median lies within. */
  public MedianInterval {
    checkArgument(
        low <= median && median <= high && Double.isFinite(high - low),
        "median (%s) must be a number from low (%s) to high (%s)",
        median,
        low,
        high);
  }

  /** Returns median and interval of {@code measurements}, at least one. */
  public static MedianInterval of(List<Double> measurements) {
    checkArgument(!measurements.isEmpty(), "measurements ([]) must hold at least one");
    ImmutableList<Double> sorted = ImmutableList.sortedCopyOf(measurements);
    int cut = cut(sorted.size());
    return new MedianInterval(
        Quantiles.median().compute(sorted), sorted.get(cut), sorted.get(sorted.size() - 1 - cut));
  }

  /** Returns how many measurements may be left out at each end. */
  private static int cut(int measurements) {
    double term = Math.pow(0.5, measurements);
    double tail = term;
    int cut = 0;
    while (tail + next(term, measurements, cut) <= ONE_TAIL) {
      term = next(term, measurements, cut);
      tail += term;
      cut++;
    }
    return cut;
  }

  /** Returns the binomial coefficient's next term. */
  private static double next(double term, int measurements, int index) {
    return term * (measurements - index) / (index + 1);
  }

  /** Returns half of the interval's width. */
  public double halfWidth() {
    return (high - low) / 2;
  }

  /** Returns half of the interval's width as a share of the median, which must be positive. */
  public double precision() {
    return halfWidth() / median;
  }

  /** Returns the interval of the measurements times {@code factor}, which must be positive. */
  public MedianInterval times(double factor) {
    checkArgument(factor > 0, "factor (%s) must be positive", factor);
    return new MedianInterval(median * factor, low * factor, high * factor);
  }
}
