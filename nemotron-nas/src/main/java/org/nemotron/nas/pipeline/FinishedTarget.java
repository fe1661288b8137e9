package org.nemotron.nas.pipeline;

import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.pipeline.CompressionPlan.Target;

/** A target, what the search said, and the child that was made. */
record FinishedTarget(
    Target target, TargetSearch.Answer answer, Architecture architecture, ChildStage.Child child)
    implements AutoCloseable {
  @Override
  public void close() {
    child.model().close();
  }
}
