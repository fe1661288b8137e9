package org.nemotron.nas.report;

import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The result of a run in one sentence per child. */
public final class Headline {
  private Headline() {}

  /**
   * Returns for example "child 1.5x: 1.62× the parent's throughput with 96.8 % of its accuracy".
   */
  static String of(RunSummary summary, TargetSummary target) {
    return Contender.childName(target) + ": " + claim(summary, target);
  }

  /** Returns the sentence without the child's name. */
  public static String claim(RunSummary summary, TargetSummary target) {
    return NumberText.times(speedUp(summary, target))
        + " the parent's throughput with "
        + NumberText.percent(target.child().accuracyPreserved())
        + " of its accuracy";
  }

  /** Returns how many times as many tokens per second the child generates. */
  public static double speedUp(RunSummary summary, TargetSummary target) {
    return target.child().tokensPerSecond() / summary.parent().tokensPerSecond();
  }
}
