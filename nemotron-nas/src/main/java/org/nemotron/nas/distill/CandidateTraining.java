package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import org.nemotron.nas.library.Candidate;

/**
 * How the training of one candidate went. Immutable.
 *
 * @param candidate which
 * @param losses normalized squared error of each step, before the step's update
 * @param stop empty, or one entry: why it was stopped early; its weights are then as they were
 *     before training
 */
public record CandidateTraining(
    Candidate candidate, ImmutableDoubleArray losses, ImmutableList<Stop> stop) {

  /**
   * Why and when a candidate was stopped.
   *
   * @param step from 0
   * @param cause what kind of trouble
   * @param reason a sentence
   */
  public record Stop(int step, Cause cause, String reason) {}

  /** What a training is stopped for. */
  public enum Cause {
    /** The loss grew beyond what the settings allow: the starting weights are better. */
    DIVERGED,
    /** A loss or a gradient was NaN or infinite: the candidate is not to be trusted. */
    NOT_FINITE
  }

  /** Returns whether a value that was not finite ended the training. */
  public boolean metNonFinite() {
    return stop.stream().anyMatch(why -> why.cause() == Cause.NOT_FINITE);
  }
}
