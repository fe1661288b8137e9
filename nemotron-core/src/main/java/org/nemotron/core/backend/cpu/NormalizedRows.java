package org.nemotron.core.backend.cpu;

/** Normalized rows of the stream, as one thread sees them: made when it first asks for them. */
final class NormalizedRows {
  private final NativeFloats rows;
  private final Runnable make;
  private boolean made;

  NormalizedRows(NativeFloats rows, Runnable make) {
    this.rows = rows;
    this.make = make;
  }

  /** Returns the rows; called within an item of a stage. */
  NativeFloats get() {
    if (!made) {
      make.run();
      made = true; // a thread that is stopped here computes for itself only, see ThreadTeam
    }
    return rows;
  }
}
