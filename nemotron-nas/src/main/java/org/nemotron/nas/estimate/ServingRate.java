package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How long the steps that serve take in one scenario. Immutable.
 *
 * @param batch requests at a time
 * @param promptTokens of each
 * @param outputTokens of each
 * @param prefillSeconds of all alternatives of the search space together, each once
 * @param decodeSeconds of one decode step of the same
 * @param parentSeconds of the whole scenario, by the parent
 * @param nonBlockSeconds of that, what lies outside the layers and is the same for every child
 */
public record ServingRate(
    int batch,
    int promptTokens,
    int outputTokens,
    double prefillSeconds,
    double decodeSeconds,
    double parentSeconds,
    double nonBlockSeconds) {
  /** Checks that all are positive. */
  public ServingRate {
    checkArgument(
        batch > 0 && promptTokens > 0 && outputTokens > 0,
        "scenario (%s, %s, %s) must be positive",
        batch,
        promptTokens,
        outputTokens);
    checkArgument(
        prefillSeconds > 0 && decodeSeconds > 0 && parentSeconds > 0,
        "seconds (%s, %s, %s) must be positive",
        prefillSeconds,
        decodeSeconds,
        parentSeconds);
    checkArgument(
        nonBlockSeconds >= 0 && nonBlockSeconds < parentSeconds,
        "nonBlockSeconds (%s) must be a part of the parent's (%s)",
        nonBlockSeconds,
        parentSeconds);
  }

  /** Returns what share of the parent's time lies outside the layers. */
  public double nonBlockShare() {
    return nonBlockSeconds / parentSeconds;
  }
}
