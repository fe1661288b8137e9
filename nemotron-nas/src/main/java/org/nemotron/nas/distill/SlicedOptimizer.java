package org.nemotron.nas.distill;

/** An optimizer of pieces of tensors whose state can be cut anew. */
interface SlicedOptimizer extends Optimizer {
  /** Returns the state itself; what is written to it counts. */
  OptimizerTensors tensors();
}
