package org.nemotron.nas.pipeline;

import org.nemotron.nas.distill.TrainingStep;

/**
 * Follows the progress of a run; each method does nothing unless it is overridden. Called by the
 * thread that runs the pipeline, but for messages, which may come from another.
 */
public interface PipelineListener {
  /** Ignores all progress. */
  PipelineListener SILENT = new PipelineListener() {};

  /** A stage begins; {@code steps} is how often it will advance. */
  default void started(String stage, long steps) {}

  /** A stage has done {@code done} of {@code steps}. */
  default void advanced(String stage, long done, long steps) {}

  /** A training step of a stage has ended. */
  default void trained(String stage, TrainingStep step) {}

  /** A stage has ended and its result is stored. */
  default void finished(String stage, double seconds) {}

  /** A stage was left out, since its stored result fits. */
  default void reused(String stage) {}

  /** A sentence for the user: why a stage is done again, which candidate diverged. */
  default void message(String text) {}
}
