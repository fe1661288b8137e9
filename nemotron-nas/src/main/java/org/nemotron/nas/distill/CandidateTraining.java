package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import org.nemotron.nas.library.Candidate;

/**
 * How the training of one candidate went. Immutable.
 *
 * @param candidate which
 * @param losses normalised squared error of each step, before the step's update
 * @param stop empty, or one entry: why it was stopped early; its weights are then as they were
 *     before training
 */
public record CandidateTraining(
    Candidate candidate, ImmutableDoubleArray losses, ImmutableList<Stop> stop) {

  /**
   * Why and when a candidate was stopped.
   *
   * @param step from 0
   * @param reason a sentence
   */
  public record Stop(int step, String reason) {}
}
