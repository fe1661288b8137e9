package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;

/**
 * How the best architecture depends on its budgets.
 *
 * @param solution the best architecture
 * @param budgets one entry for each finite end of each budget, in the order of the problem
 * @param complete whether everything here is proven; otherwise time or memory ran out or the caller
 *     cancelled, and what is not proven is NaN
 * @param elapsed how long it took
 */
public record Sensitivity(
    Solution solution, ImmutableList<Entry> budgets, boolean complete, Duration elapsed) {

  /**
   * How the best architecture depends on one end of one budget, while all else stays.
   *
   * @param cost the cost of the budget
   * @param limit its limit as it stands
   * @param fromAbove whether the limit is an upper one
   * @param scorePerUnit by how much the score falls when the limit is loosened by one unit (the
   *     shadow price), from the linear relaxation; 0 when the limit does not bind
   * @param betterLimit the nearest looser limit at which a better architecture fits; infinite when
   *     it is proven that there is none, NaN when neither could be proven
   * @param betterScore the best score at that limit; the present one when there is none, NaN when
   *     it could not be proven
   * @param worseLimit the tightest limit that the chosen architecture respects: beyond it, another
   *     one must be chosen
   * @param worseScore the best score beyond that limit; infinite when it is proven that nothing
   *     fits there, NaN when it could not be proven
   */
  public record Entry(
      String cost,
      double limit,
      boolean fromAbove,
      double scorePerUnit,
      double betterLimit,
      double betterScore,
      double worseLimit,
      double worseScore) {}
}
