package org.nemotron.nas.distill;

import org.nemotron.core.tensor.Resources;

/** The sums of a unit's gradients over all ranks, on their way to the pieces of each. */
final class Reduction implements AutoCloseable {
  private final Resources held;
  private final Runnable taken;

  /**
   * Takes what it is made of.
   *
   * @param held tensors and exchange, closed by this
   * @param taken leaves the pieces their sums, once the exchange has been closed
   */
  Reduction(Resources held, Runnable taken) {
    this.held = held;
    this.taken = taken;
  }

  /** Leaves each piece its sums, for what is queued from now on. */
  void end() {
    taken.run();
    close();
  }

  @Override
  public void close() {
    held.close();
  }
}
