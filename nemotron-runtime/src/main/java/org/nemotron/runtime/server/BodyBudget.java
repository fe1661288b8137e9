package org.nemotron.runtime.server;

import org.nemotron.runtime.server.wire.ApiException;

/**
 * Counts the bytes of all bodies that are being received, wait to be read, or are read: a body
 * takes several times its length of the heap. Safe for use by several threads.
 *
 * <p>Bytes count as they come, so that nobody holds what he only announces. The last quarter is for
 * short bodies, so that long ones do not lock them out. One body alone is always admitted.
 */
final class BodyBudget {
  /** How long a short body is at most. */
  static final int SHORT_BYTES = 1 << 16;

  private final long most;
  private long held = 0;

  BodyBudget(long most) {
    this.most = most;
  }

  /** Returns the share of a body of which nothing came so far. */
  Share share() {
    return new Share();
  }

  /** Returns how many bytes are held. */
  synchronized long held() {
    return held;
  }

  /** The share of one body. Closing twice is harmless. */
  final class Share implements AutoCloseable {
    private long mine = 0;

    private Share() {}

    /**
     * Counts bytes that came.
     *
     * @throws ApiException if the bodies under way are too long together
     */
    void add(int bytes) {
      synchronized (BodyBudget.this) {
        long limit = mine + bytes <= SHORT_BYTES ? most : most - most / 4;
        if (held > mine && held + bytes > limit) {
          throw ApiException.busy(
              1,
              "the bodies of the requests under way have "
                  + held
                  + " bytes, and together they must have at most "
                  + limit
                  + ".\nMaybe try again later.");
        }
        held += bytes;
        mine += bytes;
      }
    }

    @Override
    public void close() {
      synchronized (BodyBudget.this) {
        held -= mine;
        mine = 0;
      }
    }
  }
}
