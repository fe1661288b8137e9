package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;

/**
 * The best architectures over a range of limits on one cost.
 *
 * @param cost the cost whose limit varies
 * @param points by ascending limit, each with its gap; limits that no architecture respects are
 *     left out
 * @param complete whether every point asked for is here and proven, to the gap that was asked for;
 *     otherwise time or memory ran out, or the caller cancelled
 * @param elapsed how long the search took
 */
public record Frontier(
    String cost, ImmutableList<Point> points, boolean complete, Duration elapsed) {

  /**
   * The best architecture under one limit.
   *
   * @param limit the limit from above on the cost
   * @param solution the best architecture within it, with its proof
   */
  public record Point(double limit, Solution solution) {}
}
