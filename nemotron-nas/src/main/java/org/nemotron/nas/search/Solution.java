package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;

/**
 * One architecture, with the proof of how good it is.
 *
 * @param choices the placed alternatives in layer order; one that covers several layers stands here
 *     once
 * @param score the sum of the alternatives' scores, added again from them
 * @param bound a lower bound on the score of every architecture that respects the problem; equal to
 *     the score when the optimum is proven. For solutions after the first, of every one that also
 *     differs from each earlier solution in enough layers
 * @param gap {@code (score - bound) / |score|}, 0 when the optimum is proven
 * @param costs every cost of the whole architecture, fixed costs included, added again: the exact
 *     sum, rounded once
 */
public record Solution(
    ImmutableList<Choice> choices,
    double score,
    double bound,
    double gap,
    ImmutableMap<String, Double> costs) {

  /** Checks that the bound bounds. */
  public Solution {
    checkArgument(bound <= score, "bound (%s) must not exceed score (%s)", bound, score);
    checkArgument(gap >= 0, "gap (%s) must not be negative", gap);
  }

  /** Returns the ids of the placed alternatives in layer order. */
  public ImmutableList<String> ids() {
    return choices.stream()
        .map(choice -> choice.alternative().id())
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns the standard error of the score: alternatives are taken as scored independently. */
  public double standardError() {
    return Math.sqrt(
        choices.stream()
            .mapToDouble(choice -> choice.alternative().standardError())
            .map(error -> error * error)
            .sum());
  }

  /** Returns in how many layers another solution of the same problem holds something else. */
  public int differentLayers(Solution other) {
    ImmutableSet<Choice> theirs = ImmutableSet.copyOf(other.choices);
    return choices.stream()
        .filter(choice -> !theirs.contains(choice))
        .mapToInt(choice -> choice.alternative().covers())
        .sum();
  }
}
