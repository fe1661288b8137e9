package org.nemotron.nas.search;

import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.SolveListener;

/** Passes on to a listener what a solver knows, with the time since the search began. */
final class Improvements implements SolveListener {
  private final SearchListener listener;
  private final Deadline deadline;

  Improvements(SearchListener listener, Deadline deadline) {
    this.listener = listener;
    this.deadline = deadline;
  }

  @Override
  public void onImprovement(double objective, double bound) {
    listener.onImprovement(new SearchListener.Improvement(objective, bound, deadline.elapsed()));
  }
}
