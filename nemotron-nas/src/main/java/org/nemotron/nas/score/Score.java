package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * The degradation of the parent's predictions by one replacement, by three measures, each with its
 * standard error over sequences. Immutable. All are 0 for the parent itself.
 *
 * @param klNats mean over tokens of KL(parent ‖ hybrid)
 * @param klStandardError of {@code klNats}
 * @param lossIncrease mean next-token loss of the hybrid less the parent's, in nats
 * @param lossStandardError of {@code lossIncrease}
 * @param accuracyDrop next-token accuracy of the parent less the hybrid's, a share of tokens
 * @param accuracyStandardError of {@code accuracyDrop}
 */
public record Score(
    double klNats,
    double klStandardError,
    double lossIncrease,
    double lossStandardError,
    double accuracyDrop,
    double accuracyStandardError) {
  /** No degradation. */
  public static final Score NONE = new Score(0, 0, 0, 0, 0, 0);

  /** Checks that all are numbers. */
  public Score {
    checkArgument(
        Double.isFinite(klNats) && Double.isFinite(lossIncrease) && Double.isFinite(accuracyDrop),
        "a score must be finite: KL %s, loss %s, accuracy %s",
        klNats,
        lossIncrease,
        accuracyDrop);
  }

  /** Returns the sum of both: means add, independent errors add as squares. */
  public Score plus(Score other) {
    return new Score(
        klNats + other.klNats,
        Math.hypot(klStandardError, other.klStandardError),
        lossIncrease + other.lossIncrease,
        Math.hypot(lossStandardError, other.lossStandardError),
        accuracyDrop + other.accuracyDrop,
        Math.hypot(accuracyStandardError, other.accuracyStandardError));
  }

  /** Returns the degradation by {@code metric}; lower is better. */
  public double degradation(Metric metric) {
    return switch (metric) {
      case KL -> klNats;
      case LOSS -> lossIncrease;
      case ACCURACY -> accuracyDrop;
    };
  }

  /** Returns the standard error of {@link #degradation}. */
  public double standardError(Metric metric) {
    return switch (metric) {
      case KL -> klStandardError;
      case LOSS -> lossStandardError;
      case ACCURACY -> accuracyStandardError;
    };
  }

  /** By what degradation is measured. */
  public enum Metric {
    /** Divergence from the parent's predictions: the paper's best general choice. */
    KL,
    /** Next-token loss. */
    LOSS,
    /** Next-token accuracy. */
    ACCURACY
  }
}
