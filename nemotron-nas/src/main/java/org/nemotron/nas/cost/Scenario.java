package org.nemotron.nas.cost;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.parallel.TensorParallel;

/**
 * What the child will do: {@code batch} requests at a time, each {@code promptTokens} long and
 * answered by {@code outputTokens}, computed by {@code tensorParallel} GPUs together. Immutable.
 *
 * @param tensorParallel the degree of tensor parallelism; 1: one device by itself
 */
public record Scenario(int batch, int promptTokens, int outputTokens, int tensorParallel) {
  /** Checks that all are positive. */
  public Scenario {
    checkArgument(batch > 0, "batch (%s) must be positive", batch);
    checkArgument(promptTokens > 0, "promptTokens (%s) must be positive", promptTokens);
    checkArgument(outputTokens > 0, "outputTokens (%s) must be positive", outputTokens);
    checkArgument(tensorParallel > 0, "tensorParallel (%s) must be positive", tensorParallel);
  }

  /** Makes the scenario of one device. */
  public Scenario(int batch, int promptTokens, int outputTokens) {
    this(batch, promptTokens, outputTokens, 1);
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

  /** Returns the same divided by the number of GPUs that compute together. */
  public double tokensPerSecondPerGpu(double latencyNanos) {
    return tokensPerSecond(latencyNanos) / tensorParallel;
  }

  /** Returns how long the whole scenario may take for this many generated tokens per second. */
  public double latencyNanos(double tokensPerSecond) {
    return generatedTokens() * 1e9 / tokensPerSecond;
  }

  /** Returns how its GPUs divide a model. */
  public TensorParallel ranks() {
    return new TensorParallel(tensorParallel);
  }

  /** Returns this scenario with another batch. */
  public Scenario withBatch(int other) {
    return new Scenario(other, promptTokens, outputTokens, tensorParallel);
  }

  /** Returns this scenario with another degree of tensor parallelism. */
  public Scenario withTensorParallel(int other) {
    return new Scenario(batch, promptTokens, outputTokens, other);
  }
}
