package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Log-probabilities as JSON can hold them. */
final class LogProbValues {
  /** What stands for minus infinity. */
  private static final double LEAST = -9999.0;

  private LogProbValues() {}

  static double finite(double logProb) {
    return Math.max(LEAST, logProb);
  }

  /** Returns the likeliest tokens, and the chosen one behind them where it is not among them. */
  static ImmutableList<TokenLogProb> withChosen(Sampled sampled) {
    boolean among = sampled.top().stream().anyMatch(top -> top.token() == sampled.token());
    return among
        ? sampled.top()
        : ImmutableList.<TokenLogProb>builder().addAll(sampled.top()).addAll(sampled.own()).build();
  }
}
