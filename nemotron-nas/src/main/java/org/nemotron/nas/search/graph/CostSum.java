package org.nemotron.nas.search.graph;

/**
 * The sum of doubles, rounded once: it does not depend on the order in which they are added.
 *
 * <p>Where costs repeat from layer to layer, many architectures cost exactly what a budget allows.
 * Rounding after each addition would exceed the budget with some of them, by chance.
 */
public final class CostSum {
  /*
   * The exact error of each addition (Knuth's TwoSum) is collected beside the sum, so that the
   * result is that of twice the precision, rounded.
   */
  private double sum;
  private double error;

  /** Begins with a first number. */
  public CostSum(double first) {
    this.sum = first;
  }

  /** Adds a number. */
  public void add(double added) {
    double next = sum + added;
    double shifted = next - sum;
    error += (sum - (next - shifted)) + (added - shifted);
    sum = next;
  }

  /** Returns the sum of all numbers so far. */
  public double value() {
    return sum + error;
  }
}
