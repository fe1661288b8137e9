package org.nemotron.nas.search;

import java.time.Duration;

/** Receives the progress of a search of several solutions or points, on the searching thread. */
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
   * The progress of a search.
   *
   * @param done the solutions or points found so far
   * @param expected how many there will be at most, {@link Integer#MAX_VALUE} when not known
   * @param elapsed the time since the search began
   */
  record Progress(int done, int expected, Duration elapsed) {}
}
