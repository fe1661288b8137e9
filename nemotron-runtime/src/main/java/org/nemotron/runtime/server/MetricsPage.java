package org.nemotron.runtime.server;

/** Answers requests for metrics. */
interface MetricsPage {
  /** Answers; on the event loop. */
  void answer(Exchange exchange);
}
