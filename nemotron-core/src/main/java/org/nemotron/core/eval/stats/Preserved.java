package org.nemotron.core.eval.stats;

/** How much of a parent's figure a child has kept, or why that cannot be said. */
public sealed interface Preserved {
  /**
   * A ratio, child to parent.
   *
   * @param interval the ratio with its interval
   */
  record Ratio(Interval interval) implements Preserved {}

  /**
   * No ratio.
   *
   * @param reason a sentence
   */
  record NotMeaningful(String reason) implements Preserved {}
}
