package org.nemotron.runtime.sampling;

import java.util.Arrays;

/**
 * What a token is drawn from: the head of a row of logits at a temperature. Used on one row, then
 * on the next; not safe for use by several threads.
 *
 * <p>Nothing of the row's size is kept or sorted. A weight is {@code exp((logit - max) /
 * temperature)}. For top-p, weights are summed in {@value #BUCKETS} buckets by their distance from
 * the largest logit; only the tokens of the bucket in which the sum reaches p are sorted. Drawing
 * walks the kept tokens in the order of their ids, so that the token drawn depends on the
 * distribution alone. Sums are in double precision: their error is below 1e-12.
 */
final class TokenDistribution {
  private static final int BUCKETS = 1024;

  /** Distance, in units of the temperature, that the buckets cover; exp(-64) is 1.6e-28. */
  private static final double COVERED = 64;

  private static final double BUCKETS_PER_UNIT = BUCKETS / COVERED;

  private final SamplingParams settings;
  private final double inverseTemperature;
  private final double[] bucketSums = new double[BUCKETS];
  private int[] boundary = new int[64];

  TokenDistribution(SamplingParams settings) {
    this.settings = settings;
    this.inverseTemperature = Math.min(1 / settings.temperature(), Double.MAX_VALUE);
  }

  /**
   * Returns the token at {@code share} of the kept tokens' probability, which lies in [0, 1).
   *
   * @param max the row's largest logit
   */
  int draw(float[] logits, float max, double share) {
    SamplingCut cut = cut(logits, max);
    double goal = share * sum(logits, max, cut);
    double reached = 0;
    int last = -1;
    for (int token = 0; token < logits.length && reached <= goal; token++) {
      if (cut.keeps(token, logits[token])) {
        last = token;
        reached += weight(logits[token], max);
      }
    }
    return last;
  }

  /** Returns which tokens the filters keep: top-k, top-p and min-p, in that order. */
  SamplingCut cut(float[] logits, float max) {
    SamplingCut cut = SamplingCut.NONE;
    if (settings.topK() > 0 && settings.topK() < logits.length) {
      cut = cut.andAtLeast(LikeliestTokens.kthLogit(logits, settings.topK()));
    }
    if (settings.topP() < 1) {
      cut = topP(logits, max, cut);
    }
    if (settings.minP() > 0) {
      cut = cut.andAtLeast(max + settings.temperature() * Math.log(settings.minP()));
    }
    return cut;
  }

  /** Returns the probability of {@code token} among those that {@code cut} keeps. */
  double probability(float[] logits, float max, SamplingCut cut, int token) {
    return cut.keeps(token, logits[token]) ? weight(logits[token], max) / sum(logits, max, cut) : 0;
  }

  private double weight(float logit, float max) {
    return PortableExp.of(((double) logit - max) * inverseTemperature);
  }

  private double sum(float[] logits, float max, SamplingCut cut) {
    double sum = 0;
    for (int token = 0; token < logits.length; token++) {
      if (cut.keeps(token, logits[token])) {
        sum += weight(logits[token], max);
      }
    }
    return sum;
  }

  /** Keeps, of what {@code cut} keeps, the likeliest tokens until their weights reach top-p. */
  private SamplingCut topP(float[] logits, float max, SamplingCut cut) {
    double goal = settings.topP() * fillBuckets(logits, max, cut);
    int bucket = 0;
    double reached = 0;
    while (bucket < BUCKETS - 1 && reached + bucketSums[bucket] < goal) {
      reached += bucketSums[bucket++];
    }
    int[] tokens = tokensOf(bucket, logits, max, cut);
    for (int token : tokens) {
      reached += weight(logits[token], max);
      if (reached >= goal) {
        return new SamplingCut(logits[token], token);
      }
    }
    return cut;
  }

  private double fillBuckets(float[] logits, float max, SamplingCut cut) {
    Arrays.fill(bucketSums, 0);
    for (int token = 0; token < logits.length; token++) {
      if (cut.keeps(token, logits[token])) {
        bucketSums[bucket(logits[token], max)] += weight(logits[token], max);
      }
    }
    return Arrays.stream(bucketSums).sum();
  }

  private int bucket(float logit, float max) {
    double distance = ((double) max - logit) * inverseTemperature;
    return distance < COVERED ? (int) (distance * BUCKETS_PER_UNIT) : BUCKETS - 1;
  }

  /** Returns the kept tokens of one bucket, likeliest first. */
  private int[] tokensOf(int bucket, float[] logits, float max, SamplingCut cut) {
    int count = 0;
    for (int token = 0; token < logits.length; token++) {
      if (cut.keeps(token, logits[token]) && bucket(logits[token], max) == bucket) {
        if (count == boundary.length) {
          boundary = Arrays.copyOf(boundary, 2 * count);
        }
        boundary[count++] = token;
      }
    }
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = logits[boundary[i]];
    }
    int[] order = LikeliestTokens.of(values, count);
    for (int i = 0; i < count; i++) {
      order[i] = boundary[order[i]];
    }
    return order;
  }
}
