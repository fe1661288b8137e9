package org.nemotron.nas.search.graph;

/** Receives what a {@link Solver} knows so far, on the solving thread. */
public interface SolveListener {
  /** A listener that ignores everything. */
  SolveListener SILENT =
      new SolveListener() {
        @Override
        public void onImprovement(double objective, double bound) {
          // nothing to do
        }
      };

  /**
   * Called when a better path is found or the bound rises.
   *
   * @param objective that of the best path, infinite while there is none
   * @param bound a lower bound on the objective of every path
   */
  void onImprovement(double objective, double bound);
}
