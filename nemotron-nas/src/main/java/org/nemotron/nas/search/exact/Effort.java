package org.nemotron.nas.search.exact;

/** The memory that the labels of one search may take, and how often it may still branch. */
final class Effort {
  /** More branches would mean work without a foreseeable end. */
  private static final int MOST_BRANCHES = 64;

  private final long labelBytes;
  private int branchesLeft = MOST_BRANCHES;

  /**
   * @param labelBytes how much the labels may take at any time
   */
  Effort(long labelBytes) {
    this.labelBytes = labelBytes;
  }

  /**
   * Returns the memory for one labeling.
   *
   * @param widest how many labels a node keeps at most, however much memory there is
   * @param multipliers how many sets of multipliers bound each label
   */
  LabelMemory memory(ReducedProblem problem, int multipliers, int widest) {
    int numbers = multipliers + 1 + problem.constraints.size();
    return new LabelMemory(labelBytes, widest, numbers, problem);
  }

  /** Returns whether the search may branch once more, and counts it. */
  boolean branch() {
    return branchesLeft-- > 0;
  }
}
