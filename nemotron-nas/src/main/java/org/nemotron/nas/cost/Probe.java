package org.nemotron.nas.cost;

/** A part of a model, ready to be timed in a scenario. */
interface Probe extends AutoCloseable {
  /** Does what a prefill of the batch does. */
  void prefill();

  /** Does what a decode step at the mean context does. */
  void decode();

  @Override
  void close();
}
