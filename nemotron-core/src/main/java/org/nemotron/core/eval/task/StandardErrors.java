package org.nemotron.core.eval.task;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.stream.IntStream;

/** Standard errors as the harness computes them. */
final class StandardErrors {
  private static final int DRAWS = 100_000;
  private static final int CHUNK = 1_000;

  private StandardErrors() {}

  /** Returns the sample deviation (n - 1) of {@code values} over the root of n; NaN for one. */
  static double ofMean(ImmutableDoubleArray values) {
    return deviation(values.toArray()) / Math.sqrt(values.length());
  }

  /**
   * Returns the deviation of the perplexity over 100,000 samples of the items with replacement, in
   * chunks of 1,000, each with a generator of its own; NaN for one item.
   */
  static double ofPerplexity(ImmutableDoubleArray logs) {
    return ofPerplexity(logs, DRAWS);
  }

  static double ofPerplexity(ImmutableDoubleArray logs, int draws) {
    if (logs.length() < 2) {
      return Double.NaN;
    }
    double[] values = logs.toArray();
    double[] perplexities = new double[draws];
    IntStream.range(0, draws / CHUNK)
        .parallel()
        .forEach(chunk -> draw(values, chunk, perplexities));
    return deviation(perplexities);
  }

  private static void draw(double[] values, int chunk, double[] perplexities) {
    PythonRandom random = new PythonRandom(chunk);
    for (int i = 0; i < CHUNK; i++) {
      double sum = 0;
      for (int k = 0; k < values.length; k++) {
        sum += values[(int) (random.uniform() * values.length)];
      }
      perplexities[chunk * CHUNK + i] = Math.exp(-sum / values.length);
    }
  }

  private static double deviation(double[] values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return values.length < 2 ? Double.NaN : Math.sqrt(squares / (values.length - 1));
  }
}
