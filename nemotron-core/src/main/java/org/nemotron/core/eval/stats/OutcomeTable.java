package org.nemotron.core.eval.stats;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How many items two models have right and wrong.
 *
 * @param both both right
 * @param parentOnly only the parent right
 * @param childOnly only the child right
 * @param neither both wrong
 */
public record OutcomeTable(int both, int parentOnly, int childOnly, int neither) {
  /** Below this many discordant items the exact test is used. */
  private static final int FEW = 25;

  /**
   * Returns the table of items whose figures are 1 or 0.
   *
   * @throws IllegalArgumentException if there is another figure
   */
  public static OutcomeTable of(PairedItems items) {
    checkArgument(items.isRightOrWrong(), "every figure of %s must be 1 or 0", items.task());
    int[] counts = new int[4];
    for (int i = 0; i < items.size(); i++) {
      counts[(int) (2 * items.parent().get(i) + items.child().get(i))]++;
    }
    return new OutcomeTable(counts[3], counts[2], counts[1], counts[0]);
  }

  /**
   * Returns the two-sided p-value of McNemar's test that neither model is better: exact (binomial)
   * below 25 discordant items, else by chi-squared with continuity correction.
   */
  public double mcNemar() {
    int discordant = parentOnly + childOnly;
    if (discordant == 0) {
      return 1;
    }
    if (discordant < FEW) {
      return Math.min(1, 2 * lowerTail(discordant, Math.min(parentOnly, childOnly)));
    }
    double distance = Math.max(0, Math.abs(parentOnly - childOnly) - 1);
    return NormalTail.twoSided(distance / Math.sqrt(discordant));
  }

  /** The probability of at most {@code most} heads in {@code tosses} of a fair coin. */
  private static double lowerTail(int tosses, int most) {
    double term = Math.pow(0.5, tosses);
    double sum = term;
    for (int k = 1; k <= most; k++) {
      term *= (tosses - k + 1.0) / k;
      sum += term;
    }
    return sum;
  }
}
