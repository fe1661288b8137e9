package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * What one stage of a run will take. Immutable.
 *
 * @param stage its name
 * @param tokens read from the text, each as often as it is read
 * @param flops floating-point operations of passes over text; steps that serve are not counted
 * @param seconds on the machine whose rates were measured
 * @param memory at its greatest
 * @param diskBytes of the files that it leaves
 * @param scratchBytes of further files, which it deletes at its end
 * @param lower settings by which it would take less time
 * @param notCounted parts of the stage that are left out of the estimate
 */
public record StageEstimate(
    String stage,
    long tokens,
    double flops,
    double seconds,
    MemoryNeed memory,
    long diskBytes,
    long scratchBytes,
    ImmutableList<String> lower,
    ImmutableList<String> notCounted) {
  /** Checks that all are numbers of something. */
  public StageEstimate {
    checkArgument(!stage.isBlank(), "stage (\"%s\") must not be blank", stage);
    checkArgument(
        tokens >= 0
            && flops >= 0
            && seconds >= 0
            && Double.isFinite(flops + seconds)
            && diskBytes >= 0
            && scratchBytes >= 0,
        "%s: tokens (%s), flops (%s), seconds (%s) diskBytes (%s) and scratchBytes (%s) must not be negative",
        stage,
        tokens,
        flops,
        seconds,
        diskBytes,
        scratchBytes);
  }

  /** Returns this estimate in a part of the time, since several ranks work at it. */
  public StageEstimate sooner(double times) {
    checkArgument(times >= 1, "times (%s) must be at least 1", times);
    return new StageEstimate(
        stage, tokens, flops, seconds / times, memory, diskBytes, scratchBytes, lower, notCounted);
  }

  /** Returns this estimate with files that the stage deletes at its end. */
  public StageEstimate withScratch(long bytes) {
    return new StageEstimate(
        stage, tokens, flops, seconds, memory, diskBytes, bytes, lower, notCounted);
  }
}
