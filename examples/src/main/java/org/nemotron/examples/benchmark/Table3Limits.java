package org.nemotron.examples.benchmark;

import org.nemotron.core.spec.ModelSpec;

/**
 * What one H100 of 80 GB allows for a row of Table 3, in FP8.
 *
 * <p>Products take the longer of reading their weights and of multiplying; attention reads the KV
 * cache, in FP8, once a step; prefill runs at the rate of FP8 products. Embedding and head are
 * bfloat16. Whole sequences are reserved. The rates are the card's, as measured.
 *
 * @param blockParameters parameters of the layers
 * @param kvElements elements of keys and values a token
 * @param nonBlockParameters parameters of embedding and head together
 */
record Table3Limits(double blockParameters, double kvElements, double nonBlockParameters) {
  private static final double BANDWIDTH = 3.02e12;
  private static final double FP8_FLOPS = 1.484e15;
  private static final double BF16_FLOPS = 0.79e15;
  private static final double MEMORY_BYTES = 81e9;
  private static final int BF16_BYTES = 2;
  private static final int MOST_BATCH = 768;

  static Table3Limits of(ModelSpec spec) {
    double nonBlock = 2.0 * spec.vocabularySize() * spec.width();
    double blocks = spec.parameters() - spec.nonBlockParameters();
    return new Table3Limits(blocks, spec.kvCacheBytes(1, 1), nonBlock);
  }

  /** The best rate that is possible, and the batch that gives it. */
  record Best(double tokensPerSecond, int batch) {}

  /**
   * Returns the highest rate, per GPU.
   *
   * @param gpus that share the model, whose exchange is free
   */
  Best best(int prompt, int output, int gpus) {
    Best best = new Best(0, 0);
    for (int batch = 1; batch <= MOST_BATCH && fits(batch, prompt + output, gpus); batch++) {
      double rate = batch * output / seconds(batch, prompt, output, gpus) / gpus;
      best = rate >= best.tokensPerSecond() ? new Best(rate, batch) : best;
    }
    return best;
  }

  private boolean fits(int batch, int tokens, int gpus) {
    double bytes =
        blockParameters + nonBlockParameters * BF16_BYTES + (double) batch * tokens * kvElements;
    return bytes / gpus <= MEMORY_BYTES;
  }

  private double seconds(int batch, int prompt, int output, int gpus) {
    double read = (blockParameters + nonBlockParameters) / gpus / BANDWIDTH;
    double multiplied =
        2 * blockParameters * batch / gpus / FP8_FLOPS
            + nonBlockParameters * batch / BF16_FLOPS / gpus;
    double cache = batch * (prompt + output / 2.0) * kvElements / gpus / BANDWIDTH;
    double prefill = batch * (double) prompt * 2 * blockParameters / gpus / FP8_FLOPS;
    return prefill + output * (Math.max(read, multiplied) + cache);
  }
}
