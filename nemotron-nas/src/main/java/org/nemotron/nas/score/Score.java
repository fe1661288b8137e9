package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The degradation of the parent's predictions by one replacement, by three measures and by metrics
 * of the user's own, each with its standard error. Immutable. All are 0 for the parent itself.
 *
 * @param klNats mean over tokens of KL(parent ‖ hybrid)
 * @param klStandardError of {@code klNats}
 * @param lossIncrease mean next-token loss of the hybrid less the parent's, in nats
 * @param lossStandardError of {@code lossIncrease}
 * @param accuracyDrop next-token accuracy of the parent less the hybrid's, a share of tokens
 * @param accuracyStandardError of {@code accuracyDrop}
 * @param own what metrics of the user's own have measured; none of {@link Metric#MEASURED}
 */
public record Score(
    double klNats,
    double klStandardError,
    double lossIncrease,
    double lossStandardError,
    double accuracyDrop,
    double accuracyStandardError,
    ImmutableMap<Metric, Measure> own) {
  /** No degradation. */
  public static final Score NONE = new Score(0, 0, 0, 0, 0, 0);

  /** Makes a score without metrics of the user's own. */
  public Score(
      double klNats,
      double klStandardError,
      double lossIncrease,
      double lossStandardError,
      double accuracyDrop,
      double accuracyStandardError) {
    this(
        klNats,
        klStandardError,
        lossIncrease,
        lossStandardError,
        accuracyDrop,
        accuracyStandardError,
        ImmutableMap.of());
  }

  /** Checks that all are numbers. */
  public Score {
    checkArgument(
        Double.isFinite(klNats) && Double.isFinite(lossIncrease) && Double.isFinite(accuracyDrop),
        "a score must be finite: KL %s, loss %s, accuracy %s",
        klNats,
        lossIncrease,
        accuracyDrop);
    own.keySet().forEach(Score::checkOwn);
  }

  static void checkOwn(Metric metric) {
    checkArgument(
        !Metric.MEASURED.contains(metric),
        "a metric of one's own must not be called %s, which this library measures",
        metric);
  }

  /**
   * What a metric of the user's own has measured.
   *
   * @param degradation lower is better, 0 for the parent
   * @param standardError of {@code degradation}; 0 where it is not known
   */
  public record Measure(double degradation, double standardError) {
    private static final Measure ZERO = new Measure(0, 0);

    /** Checks that both are numbers. */
    public Measure {
      checkArgument(Double.isFinite(degradation), "degradation (%s) must be finite", degradation);
      checkArgument(
          Double.isFinite(standardError) && standardError >= 0,
          "standardError (%s) must be finite and not negative",
          standardError);
    }

    private Measure plus(Measure other) {
      return new Measure(
          degradation + other.degradation, Math.hypot(standardError, other.standardError));
    }
  }

  /** Returns this score with what a metric of the user's own has measured. */
  public Score with(Metric metric, Measure measure) {
    return new Score(
        klNats,
        klStandardError,
        lossIncrease,
        lossStandardError,
        accuracyDrop,
        accuracyStandardError,
        ImmutableMap.<Metric, Measure>builder()
            .putAll(own)
            .put(metric, measure)
            .buildKeepingLast());
  }

  /**
   * Returns the sum of both: means add, independent errors add as squares. It has the own metrics
   * that both have; {@link #NONE} has all.
   */
  public Score plus(Score other) {
    return new Score(
        klNats + other.klNats,
        Math.hypot(klStandardError, other.klStandardError),
        lossIncrease + other.lossIncrease,
        Math.hypot(lossStandardError, other.lossStandardError),
        accuracyDrop + other.accuracyDrop,
        Math.hypot(accuracyStandardError, other.accuracyStandardError),
        ownPlus(other));
  }

  private ImmutableMap<Metric, Measure> ownPlus(Score other) {
    if (equals(NONE) || other.equals(NONE)) {
      return equals(NONE) ? other.own : own;
    }
    Map<Metric, Measure> sums = new LinkedHashMap<>();
    own.forEach(
        (metric, measure) -> {
          Measure more = other.own.get(metric);
          if (more != null) {
            sums.put(metric, measure.plus(more));
          }
        });
    return ImmutableMap.copyOf(sums);
  }

  /**
   * Returns the degradation by {@code metric}; lower is better.
   *
   * @throws IllegalArgumentException if this score lacks it
   */
  public double degradation(Metric metric) {
    if (metric.equals(Metric.KL)) {
      return klNats;
    }
    if (metric.equals(Metric.LOSS)) {
      return lossIncrease;
    }
    return metric.equals(Metric.ACCURACY) ? accuracyDrop : measure(metric).degradation();
  }

  /**
   * Returns the standard error of {@link #degradation}.
   *
   * @throws IllegalArgumentException if this score lacks the metric
   */
  public double standardError(Metric metric) {
    if (metric.equals(Metric.KL)) {
      return klStandardError;
    }
    if (metric.equals(Metric.LOSS)) {
      return lossStandardError;
    }
    return metric.equals(Metric.ACCURACY) ? accuracyStandardError : measure(metric).standardError();
  }

  private Measure measure(Metric metric) {
    Measure measure = equals(NONE) ? Measure.ZERO : own.get(metric);
    checkArgument(
        measure != null,
        "metric (%s) must be one of %s or of the own metrics %s",
        metric,
        Metric.MEASURED,
        own.keySet());
    return measure;
  }

  /**
   * By what degradation is measured: one of {@link #MEASURED}, or one of the user's own.
   *
   * @param name as it stands in a plan
   */
  public record Metric(String name) {
    /** Divergence from the parent's predictions: the paper's best general choice. */
    public static final Metric KL = new Metric("KL");

    /** Next-token loss. */
    public static final Metric LOSS = new Metric("LOSS");

    /** Next-token accuracy. */
    public static final Metric ACCURACY = new Metric("ACCURACY");

    /** What this library measures. */
    public static final ImmutableSet<Metric> MEASURED = ImmutableSet.of(KL, LOSS, ACCURACY);

    /** Checks that there is a name. */
    public Metric {
      checkArgument(!name.isBlank(), "the name (\"%s\") of a metric must not be blank", name);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
