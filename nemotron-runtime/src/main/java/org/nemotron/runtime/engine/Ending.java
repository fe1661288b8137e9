package org.nemotron.runtime.engine;

import org.nemotron.runtime.metrics.MetricsRecorder;

/** How a request has ended; its caller does not know yet. Immutable. */
sealed interface Ending {
  Job job();

  /** Notifies the job. */
  void tell();

  /** Counts the ending. */
  void count(MetricsRecorder metrics);

  /** The request has all it wanted. */
  record Done(Job job) implements Ending {
    @Override
    public void tell() {
      job.end();
    }

    @Override
    public void count(MetricsRecorder metrics) {
      metrics.served();
    }
  }

  /** The caller gave up, or the engine closes. */
  record Cancelled(Job job) implements Ending {
    @Override
    public void tell() {
      job.cancelled();
    }

    @Override
    public void count(MetricsRecorder metrics) {
      metrics.cancelled();
    }
  }

  /** The request failed, or the step that it was part of, or the engine. */
  record Failed(Job job, Throwable reason) implements Ending {
    @Override
    public void tell() {
      job.failed(reason);
    }

    @Override
    public void count(MetricsRecorder metrics) {
      metrics.failed();
    }
  }
}
