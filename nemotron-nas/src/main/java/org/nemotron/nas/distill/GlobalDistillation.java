package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import org.nemotron.core.nn.HeterogeneousModel;

/**
 * A distilled child and the curves of its training; the caller closes the child.
 *
 * @param child the best child that was measured, which may be the one that training began with
 * @param losses the loss of each step, before the step's update
 * @param evaluations the measurements on held-out text, in the order of steps
 * @param stop empty, or why training ended before its last step
 */
public record GlobalDistillation(
    HeterogeneousModel child,
    ImmutableDoubleArray losses,
    ImmutableList<Evaluation> evaluations,
    ImmutableList<String> stop) {

  /**
   * A measurement on held-out text.
   *
   * @param step number of steps before it
   * @param klNats mean KL(parent ‖ child)
   */
  public record Evaluation(int step, double klNats) {}
}
