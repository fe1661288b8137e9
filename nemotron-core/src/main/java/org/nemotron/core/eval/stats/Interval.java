package org.nemotron.core.eval.stats;

/**
 * A figure and the interval that it lies in with the confidence asked for.
 *
 * @param value the figure
 * @param low the lower end
 * @param high the upper end
 */
public record Interval(double value, double low, double high) {}
