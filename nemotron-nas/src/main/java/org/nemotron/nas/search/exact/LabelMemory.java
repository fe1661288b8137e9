package org.nemotron.nas.search.exact;

/**
 * The memory that one labeling may take, as how many labels a node keeps.
 *
 * <p>Two kinds of memory count. Labels that are being extended, of a few nodes at each end, need
 * their numbers; labels of earlier nodes need only a predecessor and an arc, but stay until the
 * end. What the earlier nodes took is known, so every node is given a width with which those that
 * follow will fit as well.
 */
final class LabelMemory {
  /** A predecessor and an arc. */
  private static final double KEPT_BYTES = 2 * Integer.BYTES;

  /** Sorting keys for twice as many labels, two hash tables, and the tree that joins halves. */
  private static final double SORTING_BYTES = 160;

  private final int widest;
  private final double bytesPerLabel;
  private double left;
  private int nodesLeft;
  private boolean scarce;

  /**
   * @param bytes how much the labels may take
   * @param widest how many labels a node keeps at most, however much memory there is
   * @param numbers how many numbers a label has
   * @param problem what is labeled, from both ends
   */
  LabelMemory(long bytes, int widest, int numbers, ReducedProblem problem) {
    this.widest = widest;
    double perLabel = (double) numbers * Double.BYTES + KEPT_BYTES;
    // At each end, labels of as many nodes as an arc reaches over wait, of as many are collected
    // into room for twice the width, which grows by copying, and those of one node are sorted.
    this.bytesPerLabel = 2 * perLabel * (3.0 * problem.graph.longestArc() + 2) + SORTING_BYTES;
    this.left = bytes;
    this.nodesLeft = problem.graph.lastNode() + 1;
  }

  /** Returns how many labels a node may keep now, at least one. */
  int width() {
    double fitting = left / (bytesPerLabel + KEPT_BYTES * nodesLeft / 2);
    if (fitting >= widest) {
      return widest;
    }
    scarce = true;
    return Math.max(1, (int) fitting);
  }

  /** Notes that a node keeps so many labels to the end. */
  void keep(int labels) {
    left -= KEPT_BYTES * labels;
    nodesLeft = Math.max(0, nodesLeft - 1);
  }

  /** Notes that the memory foreseen was not there. */
  void exhaust() {
    scarce = true;
  }

  /** Returns whether memory was what limited the width somewhere. */
  boolean scarce() {
    return scarce;
  }
}
