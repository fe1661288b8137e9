package org.nemotron.runtime.server;

/** The body of a request, as long as it counts among the bodies under way. */
final class Body implements AutoCloseable {
  private final byte[] bytes;
  private final BodyBudget.Share share;

  Body(byte[] bytes, BodyBudget.Share share) {
    this.bytes = bytes;
    this.share = share;
  }

  /** Returns the bytes themselves. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }

  /** Says that the body was read. */
  @Override
  public void close() {
    share.close();
  }
}
