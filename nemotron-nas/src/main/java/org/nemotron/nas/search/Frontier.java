package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;

/**
 * The best architectures over a range of limits on one cost.
 *
 * @param cost the cost whose limit varies
 * @param points by ascending limit, each with its gap; limits that no architecture respects are
 *     left out
 * @param complete whether every point is here or proven impossible, and proven to the gap that was
 *     asked for; otherwise time or memory ran out, or the caller cancelled
 * @param unproven what is not proven, in words: points that have a wider gap, limits for which
 *     nothing was found, and the ends of the range, on which {@code complete} does not depend
 * @param elapsed how long the search took
 */
public record Frontier(
    String cost,
    ImmutableList<Point> points,
    boolean complete,
    ImmutableList<String> unproven,
    Duration elapsed) {

  /**
   * The best architecture under one limit.
   *
   * @param limit the limit from above on the cost
   * @param solution the best architecture within it, with its proof
   */
  public record Point(double limit, Solution solution) {}
}
