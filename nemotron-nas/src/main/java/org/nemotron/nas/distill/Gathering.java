package org.nemotron.nas.distill;

import org.nemotron.core.tensor.NamedTensors;

/** The tensors of a unit on their way from all ranks. */
final class Gathering implements AutoCloseable {
  private final NamedTensors tensors;
  private final Exchanges.Exchange exchange;

  /**
   * Takes what it is made of.
   *
   * @param tensors the values of which {@code exchange} brings
   */
  Gathering(NamedTensors tensors, Exchanges.Exchange exchange) {
    this.tensors = tensors;
    this.exchange = exchange;
  }

  /** Returns the tensors, whose values are there for what is queued from now on. */
  NamedTensors tensors() {
    exchange.close();
    return tensors;
  }

  @Override
  public void close() {
    exchange.close();
    tensors.close();
  }
}
