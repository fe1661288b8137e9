package org.nemotron.nas.search.exact;

import java.util.Arrays;

/**
 * Finds labels that another label dominates whose sums are the same up to rounding.
 *
 * <p>A hash table from the rounded sums of the constraints to labels. Costs that are the same in
 * every layer give few distinct sums, and then most labels have a duplicate. Of two labels of a
 * node, one dominates the other when no element of it is greater.
 */
final class Duplicates {
  private static final double CELL = 1.0 / (1L << 30);

  /** Sums of the same numbers in another order differ by less. */
  private static final double ROUNDING = 1e-12;

  /** Longer chains are not followed: fewer duplicates are slower, never wrong. */
  private static final int LONGEST_CHAIN = 24;

  private final double[] numbers;
  private final int stride;
  private final int objective;
  private final int from;
  private final int to;
  private final double[] floors;
  private final double rounding;
  private final int copies;
  private final int[] table;

  /**
   * @param objective the element of the objective; the constraints follow
   * @param from the first element to hash; those not hashed are only compared
   * @param to the element after the last one to hash
   * @param floors by element: values below are as good as each other
   * @param expected how many labels there will be
   * @param ties how many labels to keep that tie, and whether rounding counts as a difference
   */
  Duplicates(
      double[] numbers,
      int stride,
      int objective,
      int from,
      int to,
      double[] floors,
      int expected,
      Ties ties) {
    this.numbers = numbers;
    this.stride = stride;
    this.objective = objective;
    this.from = from;
    this.to = to;
    this.floors = floors;
    this.rounding = ties.strict() ? -ROUNDING : ROUNDING;
    this.copies = ties.copies();
    this.table = new int[Integer.highestOneBit(Math.max(2, expected)) * 4];
    Arrays.fill(table, -1);
  }

  /** Returns whether too few earlier labels dominate this one; keeps this one if so. */
  boolean isNew(int label) {
    int slot = hash(label) & (table.length - 1);
    int dominating = 0;
    for (int i = 0; i < LONGEST_CHAIN && table[slot] >= 0; i++) {
      if (dominates(table[slot], label) && ++dominating == copies) {
        return false;
      }
      slot = (slot + 1) & (table.length - 1);
    }
    if (table[slot] < 0) {
      table[slot] = label;
    }
    return true;
  }

  private int hash(int label) {
    long hash = 0;
    for (int i = from; i < to; i++) {
      double sum = Math.max(floors[i], numbers[label * stride + i]);
      hash = hash * 0x9E3779B97F4A7C15L + Math.round(sum / CELL);
    }
    hash ^= hash >>> 32;
    hash *= 0xD6E8FEB86659FD93L;
    return (int) (hash >>> 32);
  }

  private boolean dominates(int one, int other) {
    for (int i = objective; i < stride; i++) {
      double limit = Math.max(floors[i], numbers[other * stride + i] + rounding);
      if (numbers[one * stride + i] > limit) {
        return false;
      }
    }
    return true;
  }
}
