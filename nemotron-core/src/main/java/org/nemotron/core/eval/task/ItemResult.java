package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;

/**
 * An item's figures.
 *
 * @param index the item's place in the data
 * @param digest the hash of its texts, by which two models' results are paired
 * @param values its figure by each metric: 1 or 0 for right or wrong, the sum of log-probabilities
 *     for perplexities
 * @param chosen the choice that the model holds for the likeliest; -1 where there is none
 * @param answer what the model answered
 */
public record ItemResult(
    int index, String digest, ImmutableMap<String, Double> values, int chosen, ItemAnswer answer) {
  /**
   * Returns the figure by one metric.
   *
   * @throws IllegalArgumentException if there is none
   */
  public double value(String metric) {
    Double value = values.get(metric);
    checkArgument(value != null, "item %s has no figure by %s", index, metric);
    return value;
  }
}
