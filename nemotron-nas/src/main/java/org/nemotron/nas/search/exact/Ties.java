package org.nemotron.nas.search.exact;

/**
 * How labels are told apart whose sums are the same up to rounding.
 *
 * <p>Sums of the same costs in another order differ in their last bits, and a limit that lies on
 * such a sum admits some of these paths and not others. Of labels that tie, a node keeps the best
 * few.
 *
 * @param copies how many labels that tie, or dominate each other, a node keeps
 * @param strict whether rounding counts as a difference: then none that ties is dropped
 */
record Ties(int copies, boolean strict) {
  /** Any one label stands for all that tie with it. */
  static final Ties MERGED = new Ties(1, false);

  /** No label stands for one that ties with it. */
  static final Ties APART = new Ties(1, true);

  private static final int MOST_COPIES = 16;

  /** Returns a way that tells more of them apart. */
  Ties further() {
    return copies < MOST_COPIES ? new Ties(2 * copies, false) : APART;
  }
}
