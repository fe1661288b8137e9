package org.nemotron.runtime.server;

import org.nemotron.runtime.server.wire.ApiException;

/** What a server does now. */
enum ServerPhase {
  /** The model is not there yet, or its warm-up has not ended. */
  LOADING,
  /** Requests are answered. */
  READY,
  /** Requests under way are answered, others refused. */
  DRAINING;

  /** Returns the answer to a request that this phase does not admit. */
  ApiException refusal() {
    return this == LOADING
        ? ApiException.unavailable("loading", 2, "the model is being loaded")
        : ApiException.unavailable("shutting_down", 5, "the server is shutting down");
  }
}
