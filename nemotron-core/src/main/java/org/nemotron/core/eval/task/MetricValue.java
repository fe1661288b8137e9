package org.nemotron.core.eval.task;

/**
 * A task's figure by one metric.
 *
 * @param value the figure
 * @param standardError its standard error; NaN where there is none, such as of a single item
 * @param n how many items it was made of
 * @param higherIsBetter whether a larger figure is a better one
 */
public record MetricValue(double value, double standardError, int n, boolean higherIsBetter) {}
