package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/**
 * How fast a model generates in one scenario at one batch size, beside what others published and
 * what the machine allows. Immutable.
 *
 * @param model its name
 * @param scenario tokens read and written, such as {@code 128/1024}
 * @param formats how weights, head and KV cache are held, and how prompts are read
 * @param gpus that share the model
 * @param batch sequences that generate together
 * @param tokensPerSecond generated for each GPU, prompts included in the time
 * @param published by others
 * @param limit what the machine allows each GPU; 0 where it is not known
 * @param memoryBytes weights and KV cache of all GPUs
 */
public record ThroughputRow(
    String model,
    String scenario,
    String formats,
    int gpus,
    int batch,
    double tokensPerSecond,
    Published published,
    double limit,
    long memoryBytes) {
  /** Checks the ranges. */
  public ThroughputRow {
    checkArgument(gpus > 0, "gpus (%s) must be positive", gpus);
    checkArgument(batch > 0, "batch (%s) must be positive", batch);
    checkArgument(
        tokensPerSecond > 0 && Double.isFinite(tokensPerSecond),
        "tokensPerSecond (%s) must be positive",
        tokensPerSecond);
    checkNotNull(published, "published must not be null");
    checkArgument(limit >= 0, "limit (%s) must not be negative", limit);
    checkArgument(memoryBytes >= 0, "memoryBytes (%s) must not be negative", memoryBytes);
  }

  /**
   * A figure of others.
   *
   * @param tokensPerSecond generated for each GPU; 0 where they have published none
   * @param gpus on which they reached it
   */
  public record Published(double tokensPerSecond, int gpus) {
    /** Checks the ranges. */
    public Published {
      checkArgument(
          tokensPerSecond >= 0, "tokensPerSecond (%s) must not be negative", tokensPerSecond);
      checkArgument(gpus > 0, "gpus (%s) must be positive", gpus);
    }
  }

  /** Returns how many tokens a second each sequence gets. */
  public double tokensPerSecondAndUser() {
    return tokensPerSecond * gpus / batch;
  }
}
