package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What the child will do: {@code batch} requests at a time, each {@code promptTokens} long and
 * answered by {@code outputTokens}. Immutable.
 */
public record Scenario(int batch, int promptTokens, int outputTokens) {
  /** Checks that all are positive. */
  public Scenario {
    checkArgument(batch > 0, "batch (%s) must be positive", batch);
    checkArgument(promptTokens > 0, "promptTokens (%s) must be positive", promptTokens);
    checkArgument(outputTokens > 0, "outputTokens (%s) must be positive", outputTokens);
  }

  /** Returns the longest a sequence gets. */
  public int sequenceTokens() {
    return promptTokens + outputTokens;
  }

  /** Returns how many tokens the batch generates. */
  public long generatedTokens() {
    return (long) batch * outputTokens;
  }

  /** Returns how many decode steps follow the prefill, which itself gives the first token. */
  public int decodeSteps() {
    return outputTokens - 1;
  }

  /** Returns the mean number of tokens that a decode step finds in the cache. */
  public int meanContextTokens() {
    return promptTokens + Math.max(0, decodeSteps() - 1) / 2;
  }

  /** Returns generated tokens per second when the whole scenario takes {@code latencyNanos}. */
  public double tokensPerSecond(double latencyNanos) {
    return generatedTokens() / (latencyNanos / 1e9);
  }

  /** Returns how long the whole scenario may take for this many generated tokens per second. */
  public double latencyNanos(double tokensPerSecond) {
    return generatedTokens() * 1e9 / tokensPerSecond;
  }

  /** Returns this scenario with another batch. */
  public Scenario withBatch(int other) {
    return new Scenario(other, promptTokens, outputTokens);
  }
}
