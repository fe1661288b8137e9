package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Collects which answers under several limits are proven, and says which are not. */
final class Proofs {
  private final double relativeGap;
  private final ImmutableList.Builder<String> unproven = ImmutableList.builder();
  private final ImmutableList.Builder<String> ranges = ImmutableList.builder();
  private boolean complete = true;

  /**
   * @param relativeGap the gap that was asked for
   */
  Proofs(double relativeGap) {
    this.relativeGap = relativeGap;
  }

  /** Returns a limit from above in words. */
  static String limit(String cost, double limit) {
    return cost + " at most " + ReadableNumber.of(limit);
  }

  /** Returns whether the last answer is proven and has the path of the first one. */
  boolean isUnchanged(Formulation formulation, SolverAnswer first, SolverAnswer last) {
    return first instanceof SolverAnswer.Best before
        && last instanceof SolverAnswer.Best now
        && before.path().equals(now.path())
        && isProven(Solutions.of(formulation, now.path(), now.bound()));
  }

  private boolean isProven(Solution solution) {
    return solution.gap() <= relativeGap;
  }

  /**
   * Notes the solution under some limits.
   *
   * @param limits in words
   */
  void note(String limits, Solution solution) {
    if (!isProven(solution)) {
      complete = false;
      unproven.add("%s: the gap is %.1e".formatted(limits, solution.gap()));
    }
  }

  /** Notes that no solution was found under some limits, nor that there is none. */
  void noteNothing(String limits) {
    complete = false;
    unproven.add(limits + ": nothing was found, and it is not proven that nothing fits");
  }

  /**
   * Notes what is not proven of a range of limits.
   *
   * @param greatestIsProven whether the score falls no further above it
   */
  void noteRange(String cost, CostLimits.Range range, boolean greatestIsProven) {
    if (!greatestIsProven) {
      ranges.add("%s: a better score above the greatest limit is possible".formatted(cost));
    }
    if (!range.leastIsProven()) {
      ranges.add("%s: an architecture below the least limit is possible".formatted(cost));
    }
  }

  /** Returns whether all that was noted under limits is proven; the range does not count. */
  boolean isComplete() {
    return complete;
  }

  /** Returns what is not proven, in words: solutions first, then ranges. */
  ImmutableList<String> unproven() {
    return ImmutableList.<String>builder().addAll(unproven.build()).addAll(ranges.build()).build();
  }
}
