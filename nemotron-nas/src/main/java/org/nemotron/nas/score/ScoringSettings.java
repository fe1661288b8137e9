package org.nemotron.nas.score;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How candidates are scored, and how the scores are used and audited. Immutable.
 *
 * @param metric by which degradation architectures are compared: one that is measured, or one of
 *     the user's own
 * @param candidatesPerPass how many candidates with the same layer behind them share one pass
 *     through the rest of the parent
 * @param hiddenStates where the parent's hidden states of a batch are kept; the result does not
 *     depend on it
 * @param auditedPairs how many pairs of candidates are measured together, to audit additivity
 */
public record ScoringSettings(
    Score.Metric metric, int candidatesPerPass, HiddenStates hiddenStates, int auditedPairs) {
  /** KL divergence, four candidates in a pass, hidden states where they fit, eight pairs. */
  public static final ScoringSettings DEFAULT =
      new ScoringSettings(Score.Metric.KL, 4, HiddenStates.AUTOMATIC, 8);

  /** Where the parent's hidden states of a batch wait for the passes that start from them. */
  public enum HiddenStates {
    /** On the parent's device if they fit there beside the work, else in the machine's memory. */
    AUTOMATIC,
    /** On the parent's device. */
    DEVICE,
    /** In the machine's memory. */
    HOST
  }

  /** Checks the ranges. */
  public ScoringSettings {
    checkArgument(
        candidatesPerPass > 0, "candidatesPerPass (%s) must be positive", candidatesPerPass);
    checkArgument(auditedPairs >= 2, "auditedPairs (%s) must be at least 2", auditedPairs);
  }

  /** Returns these settings with another metric. */
  public ScoringSettings withMetric(Score.Metric other) {
    return new ScoringSettings(other, candidatesPerPass, hiddenStates, auditedPairs);
  }

  /** Returns these settings with another number of candidates in a pass. */
  public ScoringSettings withCandidatesPerPass(int other) {
    return new ScoringSettings(metric, other, hiddenStates, auditedPairs);
  }

  /** Returns these settings with another place for the parent's hidden states. */
  public ScoringSettings withHiddenStates(HiddenStates other) {
    return new ScoringSettings(metric, candidatesPerPass, other, auditedPairs);
  }

  /** Returns these settings with another number of audited pairs. */
  public ScoringSettings withAuditedPairs(int other) {
    return new ScoringSettings(metric, candidatesPerPass, hiddenStates, other);
  }
}
