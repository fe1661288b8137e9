package org.nemotron.nas.report;

import java.util.stream.Collectors;
import org.nemotron.nas.report.RunSummary.CheckedLimit;
import org.nemotron.nas.report.RunSummary.TargetSummary;

/** The result of a run in one sentence per child. */
public final class Headline {
  private Headline() {}

  /**
   * Returns for example "child 1.5x: 1.62 ± 0.01× the parent's throughput with 96.8 % of its
   * accuracy"; where a limit is not met, "child 1.5x: NOT met, 1.46 ± 0.01× …", and where it lies
   * within the interval, "child 1.5x: not certain, 1.51 ± 0.03× …".
   */
  static String of(TargetSummary target) {
    return Contender.childName(target) + ": " + claim(target);
  }

  /** Returns the sentence without the child's name. */
  public static String claim(TargetSummary target) {
    return (target.met() ? "" : target.outcome().words() + ", ")
        + NumberText.times(target.speedUp())
        + " the parent's throughput"
        + (target.speedUpMachine().isEmpty() ? "" : " on " + target.speedUpMachine())
        + " with "
        + NumberText.percent(target.child().accuracyPreserved())
        + " of its accuracy";
  }

  /** Returns what each limit that is not met asks for and what was measured; empty if all are. */
  public static String missed(TargetSummary target) {
    return target.limits().stream()
        .filter(limit -> !limit.met())
        .map(Headline::missed)
        .collect(Collectors.joining("; "));
  }

  private static String missed(CheckedLimit limit) {
    return limit.limit()
        + ": "
        + limit.outcome().words()
        + ", "
        + NumberText.interval(limit.measured())
        + " measured";
  }
}
