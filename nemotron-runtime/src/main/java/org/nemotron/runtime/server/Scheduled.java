package org.nemotron.runtime.server;

import org.nemotron.runtime.engine.RequestListener;

/** Keeps when the first answer to a prompt came to the queue and left it. Thread-safe. */
final class Scheduled implements RequestListener {
  private volatile long acceptedNanos = 0;
  private volatile long nanos = 0;

  @Override
  public void onAccepted(long nowNanos, int promptTokens) {
    if (acceptedNanos == 0) {
      acceptedNanos = nowNanos;
    }
  }

  @Override
  public void onScheduled(long nowNanos, int sharedTokens) {
    if (nanos == 0) {
      nanos = nowNanos;
    }
  }

  /** Returns when that was; 0 if it has not been. */
  long nanos() {
    return nanos;
  }

  /** Returns how long it waited; less than 0 while it waits. */
  long waitedNanos() {
    return nanos == 0 ? -1 : nanos - acceptedNanos;
  }
}
