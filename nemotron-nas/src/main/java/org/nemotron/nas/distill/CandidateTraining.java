package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import org.nemotron.nas.library.Candidate;

/**
 * The losses of one candidate's training, and its early stop if there was one. Immutable.
 *
 * @param candidate the candidate that was trained
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
   * @param cause the kind of fault
   * @param reason a sentence
   */
  public record Stop(int step, Cause cause, String reason) {}

  /** Causes of an early stop. */
  public enum Cause {
    /** The loss grew beyond what the settings allow: the starting weights are better. */
    DIVERGED,
    /** A loss or a gradient was NaN or infinite: the candidate is not usable. */
    NOT_FINITE
  }

  /** Returns whether a value that was not finite ended the training. */
  public boolean metNonFinite() {
    return stop.stream().anyMatch(why -> why.cause() == Cause.NOT_FINITE);
  }
}
