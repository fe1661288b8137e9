package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.time.Duration;

/**
 * The best architectures over a grid of limits on two costs.
 *
 * @param cost the one cost
 * @param otherCost the other cost
 * @param cells by ascending limit on the one cost, then on the other; cells that no architecture
 *     respects are left out
 * @param complete whether every cell is here or proven impossible, and proven to the gap that was
 *     asked for; otherwise time or memory ran out, or the caller cancelled
 * @param unproven what is not proven, in words: cells that have a wider gap, limits for which
 *     nothing was found, and the ends of the ranges, on which {@code complete} does not depend
 * @param elapsed how long the search took
 */
public record FrontierGrid(
    String cost,
    String otherCost,
    ImmutableList<Cell> cells,
    boolean complete,
    ImmutableList<String> unproven,
    Duration elapsed) {

  /**
   * The best architecture under two limits.
   *
   * @param limit the limit from above on the one cost
   * @param otherLimit the limit from above on the other
   * @param solution the best architecture within both, with its proof
   */
  public record Cell(double limit, double otherLimit, Solution solution) {}
}
