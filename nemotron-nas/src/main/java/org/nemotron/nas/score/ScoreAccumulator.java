package org.nemotron.nas.score;

import com.google.common.math.StatsAccumulator;

/** Means and standard errors over sequences. */
final class ScoreAccumulator {
  private final StatsAccumulator kl = new StatsAccumulator();
  private final StatsAccumulator loss = new StatsAccumulator();
  private final StatsAccumulator accuracy = new StatsAccumulator();

  void add(TokenMetrics.OfSequence sequence) {
    kl.add(sequence.klNats());
    loss.add(sequence.lossIncrease());
    accuracy.add(sequence.accuracyDrop());
  }

  Score score() {
    return new Score(
        kl.mean(),
        standardError(kl),
        loss.mean(),
        standardError(loss),
        accuracy.mean(),
        standardError(accuracy));
  }

  private static double standardError(StatsAccumulator values) {
    return values.count() < 2 ? 0 : values.sampleStandardDeviation() / Math.sqrt(values.count());
  }
}
