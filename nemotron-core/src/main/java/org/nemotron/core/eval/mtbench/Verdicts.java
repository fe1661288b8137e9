package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;

/**
 * A judge's decisions between the answers of two models.
 *
 * @param parent what the first model is called
 * @param child what the other is called
 * @param judge the judge's name and address
 * @param dates the day on which it decided, such as 2026-11-26, or the first and the last
 * @param pairs one for each turn of each question
 */
public record Verdicts(
    String parent, String child, String judge, String dates, ImmutableList<Pair> pairs) {
  /** Which model did better. */
  public enum Choice {
    /** The parent. */
    PARENT,
    /** The child. */
    CHILD,
    /** Neither. */
    TIE,
    /** The judge did not decide in the form asked for. */
    NONE
  }

  /**
   * Two answers to the same, which the judge saw in both orders.
   *
   * @param question number of the question
   * @param category such as math
   * @param turn counted from 0
   * @param parentFirst the decision where the parent's answer was shown first
   * @param childFirst the decision where the child's was
   */
  public record Pair(
      int question, String category, int turn, Choice parentFirst, Choice childFirst) {
    /** Returns what both orders say: a tie where they differ. */
    public Choice outcome() {
      if (parentFirst == Choice.NONE || childFirst == Choice.NONE) {
        return Choice.NONE;
      }
      return parentFirst == childFirst ? parentFirst : Choice.TIE;
    }

    /** Returns whether both orders were decided, and otherwise. */
    public boolean isContradictory() {
      return outcome() == Choice.TIE && parentFirst != childFirst;
    }
  }
}
