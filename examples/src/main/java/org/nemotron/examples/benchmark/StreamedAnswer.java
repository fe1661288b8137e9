package org.nemotron.examples.benchmark;

import com.google.common.primitives.ImmutableLongArray;

/**
 * What came of a request for a stream, and when. Immutable.
 *
 * @param status of HTTP; 0 where the connection failed
 * @param begunNanos when the request was sent
 * @param endNanos when the answer was complete
 * @param tokenNanos when each event with text came
 */
record StreamedAnswer(int status, long begunNanos, long endNanos, ImmutableLongArray tokenNanos) {
  boolean isGood() {
    return status == 200 && tokenNanos.length() > 0;
  }

  boolean isFailed() {
    return status != 200 && status != 429;
  }
}
