package org.nemotron.core.eval;

import java.time.Duration;

/**
 * What a model has done for its requests.
 *
 * @param requests how many continuations were scored
 * @param requestTokens tokens of all requests, as if each were read by itself
 * @param computedTokens tokens that were read: beginnings that requests share, once
 * @param generatedTokens tokens that were written
 * @param time spent
 */
public record ModelEffort(
    long requests, long requestTokens, long computedTokens, long generatedTokens, Duration time) {
  /** Nothing yet. */
  public static final ModelEffort NONE = new ModelEffort(0, 0, 0, 0, Duration.ZERO);

  /** Returns the share of the requests' tokens that sharing saved, in 0..1. */
  public double shared() {
    return requestTokens == 0 ? 0 : 1 - (double) computedTokens / requestTokens;
  }

  /**
   * Returns how many tokens of requests were answered for per second; 0 where no time was spent.
   */
  public double tokensPerSecond() {
    double seconds = time.toNanos() / 1e9;
    return seconds == 0 ? 0 : (requestTokens + generatedTokens) / seconds;
  }

  /** Returns this and {@code other} together. */
  public ModelEffort plus(ModelEffort other) {
    return new ModelEffort(
        requests + other.requests,
        requestTokens + other.requestTokens,
        computedTokens + other.computedTokens,
        generatedTokens + other.generatedTokens,
        time.plus(other.time));
  }
}
