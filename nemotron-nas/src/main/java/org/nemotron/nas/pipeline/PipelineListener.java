package org.nemotron.nas.pipeline;

/** Told how a run gets on. Called by the thread that runs the pipeline. */
public interface PipelineListener {
  /** Hears nothing. */
  PipelineListener SILENT =
      new PipelineListener() {
        @Override
        public void started(String stage, long steps) {}

        @Override
        public void advanced(String stage, long done, long steps) {}

        @Override
        public void finished(String stage, double seconds) {}

        @Override
        public void reused(String stage) {}

        @Override
        public void message(String text) {}
      };

  /** A stage begins; {@code steps} is how often it will advance. */
  void started(String stage, long steps);

  /** A stage has done {@code done} of {@code steps}. */
  void advanced(String stage, long done, long steps);

  /** A stage has ended and its result is stored. */
  void finished(String stage, double seconds);

  /** A stage was left out, since its stored result fits. */
  void reused(String stage);

  /** Something a user wants to read: why a stage is done again, which candidate diverged. */
  void message(String text);
}
