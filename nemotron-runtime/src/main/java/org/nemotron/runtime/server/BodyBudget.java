package org.nemotron.runtime.server;

import org.nemotron.runtime.server.wire.ApiException;

/**
 * Counts the bytes of all bodies that are being received, wait to be read, or are read: a body
 * takes several times its length of the heap. Safe for use by several threads.
 *
 * <p>A quarter is for short bodies, the rest for long ones, so that these do not lock those out.
 * One body alone is always admitted.
 */
final class BodyBudget {
  /** How long a short body is at most. */
  static final int SHORT_BYTES = 1 << 16;

  private final long mostShort;
  private final long mostLong;
  private long heldShort = 0;
  private long heldLong = 0;

  BodyBudget(long most) {
    this.mostShort = most / 4;
    this.mostLong = most - mostShort;
  }

  /** Returns the share of a body of which nothing came so far. */
  Share share() {
    return new Share();
  }

  /** Returns how many bytes are held. */
  synchronized long held() {
    return heldShort + heldLong;
  }

  private static boolean isLong(long bytes) {
    return bytes > SHORT_BYTES;
  }

  /** The share of one body. Closing twice is harmless. */
  final class Share implements AutoCloseable {
    private long mine = 0;

    private Share() {}

    /**
     * Counts bytes that came, or will.
     *
     * @throws ApiException if the bodies under way are too long together
     */
    void add(long bytes) {
      synchronized (BodyBudget.this) {
        long before = mine;
        long whole = before + bytes;
        set(0);
        long others = isLong(whole) ? heldLong : heldShort;
        long most = isLong(whole) ? mostLong : mostShort;
        boolean fits = others == 0 || others + whole <= most;
        set(fits ? whole : before);
        if (!fits) {
          throw ApiException.busy(
              1,
              "the bodies of other requests under way have "
                  + others
                  + " bytes, and "
                  + whole
                  + " more would exceed "
                  + most
                  + ".\nMaybe try again later.");
        }
      }
    }

    private void set(long bytes) {
      heldShort += (isLong(bytes) ? 0 : bytes) - (isLong(mine) ? 0 : mine);
      heldLong += (isLong(bytes) ? bytes : 0) - (isLong(mine) ? mine : 0);
      mine = bytes;
    }

    @Override
    public void close() {
      synchronized (BodyBudget.this) {
        set(0);
      }
    }
  }
}
