package org.nemotron.runtime.sampling;

/** Log-probabilities from rows of logits. */
public final class LogProbs {
  private LogProbs() {}

  /** Returns the log-probability of {@code token}, in nats, under the softmax of {@code logits}. */
  public static TokenLogProb of(float[] logits, int token) {
    double logSum = LogitMath.logSumExp(logits, logits[LogitMath.argmax(logits)]);
    return new TokenLogProb(token, logits[token] - logSum);
  }
}
