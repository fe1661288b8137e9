package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.report.SearchRound;

/**
 * A target, what the search found for it, and the child that was made.
 *
 * @param rounds of the search near what was found first
 */
record FinishedTarget(
    Target target,
    TargetSearch.Answer answer,
    ImmutableList<SearchRound> rounds,
    Architecture architecture,
    ChildStage.Child child)
    implements AutoCloseable {
  /**
   * Makes the child that {@code found} describes.
   *
   * @param name of its directory in the run's
   */
  static FinishedTarget of(
      Target target, ImprovedAnswer found, String name, RunContext run, ScoredLibrary library)
      throws IOException {
    Architecture architecture = found.answer().architecture();
    ChildStage stage = new ChildStage(name, run, library.trained(), architecture);
    return new FinishedTarget(
        target, found.answer(), found.rounds(), architecture, run.result(stage));
  }

  @Override
  public void close() {
    child.model().close();
  }
}
