package org.nemotron.runtime.sampling;

import com.google.common.collect.ImmutableList;

/** Log-probabilities from rows of logits. */
public final class LogProbs {
  private LogProbs() {}

  /** Returns the log-probability of {@code token}, in nats, under the softmax of {@code logits}. */
  public static TokenLogProb of(float[] logits, int token) {
    return new TokenLogProb(token, logits[token] - logSum(logits));
  }

  /**
   * Returns the log-probabilities of {@code token} and of the {@code top} likeliest tokens, in
   * nats, under the softmax of {@code logits}. Where the token is among the likeliest, it has the
   * same number there.
   */
  public static Sampled of(float[] logits, int token, int top) {
    double logSum = logSum(logits);
    ImmutableList.Builder<TokenLogProb> likeliest = ImmutableList.builder();
    if (top > 0) {
      for (int likely : LikeliestTokens.of(logits, top)) {
        likeliest.add(new TokenLogProb(likely, logits[likely] - logSum));
      }
    }
    return new Sampled(
        token,
        ImmutableList.of(new TokenLogProb(token, logits[token] - logSum)),
        likeliest.build());
  }

  private static double logSum(float[] logits) {
    return LogitMath.logSumExp(logits, logits[LogitMath.argmax(logits)]);
  }
}
