package org.nemotron.nas.pipeline;

import java.io.IOException;
import org.nemotron.nas.library.Architecture;

/** A target, what the search found for it, and the child that was made. */
record FinishedTarget(
    Target target, TargetSearch.Answer answer, Architecture architecture, ChildStage.Child child)
    implements AutoCloseable {
  /**
   * Makes the child that {@code answer} describes.
   *
   * @param name of its directory in the run's
   */
  static FinishedTarget of(
      Target target, TargetSearch.Answer answer, String name, RunContext run, ScoredLibrary library)
      throws IOException {
    Architecture architecture = answer.architecture();
    ChildStage stage = new ChildStage(name, run, library.trained(), architecture);
    return new FinishedTarget(target, answer, architecture, run.result(stage));
  }

  @Override
  public void close() {
    child.model().close();
  }
}
