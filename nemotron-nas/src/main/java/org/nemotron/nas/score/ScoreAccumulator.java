package org.nemotron.nas.score;

import com.google.common.math.StatsAccumulator;
import java.util.Optional;

/** Accumulates the means and standard errors of a candidate's metrics over sequences. */
final class ScoreAccumulator {
  private final StatsAccumulator kl = new StatsAccumulator();
  private final StatsAccumulator loss = new StatsAccumulator();
  private final StatsAccumulator accuracy = new StatsAccumulator();
  private Optional<String> fault = Optional.empty();

  /** Adds a sequence; after the first that is not finite, all others are ignored. */
  void add(TokenMetrics.OfSequence sequence) {
    if (!sequence.isFinite() && fault.isEmpty()) {
      fault =
          Optional.of(
              "held-out sequence "
                  + kl.count()
                  + ": KL ("
                  + sequence.klNats()
                  + ") or loss ("
                  + sequence.lossIncrease()
                  + ") is not finite");
    }
    if (fault.isPresent()) {
      return;
    }
    kl.add(sequence.klNats());
    loss.add(sequence.lossIncrease());
    accuracy.add(sequence.accuracyDrop());
  }

  /** Returns which value was not finite, if one was. */
  Optional<String> fault() {
    return fault;
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
