package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;

/**
 * A task's figure by one metric.
 *
 * @param value the figure
 * @param standardError its standard error; NaN where there is none, such as of a single item
 * @param n how many items it was made of
 * @param higherIsBetter whether a larger figure is a better one
 */
public record MetricValue(double value, double standardError, int n, boolean higherIsBetter) {
  /** Returns the mean of items' figures, at least one, of which larger ones are better. */
  public static MetricValue ofMean(ImmutableDoubleArray figures) {
    checkArgument(!figures.isEmpty(), "there must be a figure");
    return new MetricValue(
        figures.stream().sum() / figures.length(),
        StandardErrors.ofMean(figures),
        figures.length(),
        true);
  }
}
