package org.nemotron.nas.search;

import java.time.Duration;

/** Receives the progress of a search, on the searching thread. */
@FunctionalInterface
public interface SearchListener {
  /** A listener that ignores everything. */
  SearchListener SILENT =
      new SearchListener() {
        @Override
        public void onProgress(Progress progress) {
          // nothing to do
        }
      };

  /** Called after each solution or point. */
  void onProgress(Progress progress);

  /**
   * Called whenever a better architecture is found or the bound rises, for the solution or point
   * that the search is at. Often at first, then rarely; does nothing unless overridden.
   */
  default void onImprovement(Improvement improvement) {}

  /**
   * What is known of the solution or point that the search is at.
   *
   * @param score that of the best architecture so far, infinite while there is none
   * @param bound a lower bound on the score of every architecture; minus infinity when not known
   * @param elapsed the time since the search began
   */
  record Improvement(double score, double bound, Duration elapsed) {
    /**
     * Returns {@code (score - bound) / |score|}, infinite while there is no architecture. It can
     * grow where a better score is nearer to zero than a negative bound.
     */
    public double gap() {
      return score == Double.POSITIVE_INFINITY
          ? score
          : (score - bound) / Math.max(Math.abs(score), Double.MIN_NORMAL);
    }
  }

  /**
   * The progress of a search.
   *
   * @param done the solutions or points found so far
   * @param expected how many there will be at most, {@link Integer#MAX_VALUE} when not known
   * @param elapsed the time since the search began
   */
  record Progress(int done, int expected, Duration elapsed) {}
}
