package org.nemotron.nas.distill;

/** An optimizer that updates tensors as soon as their gradients are complete. */
interface LayerOptimizer extends Optimizer {
  /**
   * Updates some tensors by their gradients and frees these. Gradients that are not finite change
   * nothing here; {@link #step} tells of them.
   *
   * @param step from 0
   * @param names of the tensors; those without a gradient are passed over
   */
  void update(int step, Iterable<String> names);

  /** Waits until updates that are under way beside the caller's work have ended. */
  void settle();

  /**
   * Ends a step: updates what still has gradients.
   *
   * @return the norm of all gradients of the step before clipping; not finite if one of them is
   *     not, and then only tensors updated before have changed
   */
  @Override
  double step(int step);
}
