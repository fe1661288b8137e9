package org.nemotron.runtime.server;

import org.nemotron.runtime.engine.RequestListener;

/** Keeps when the first answer to a prompt left the queue. Safe for use by several threads. */
final class Scheduled implements RequestListener {
  private volatile long nanos = 0;

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
}
