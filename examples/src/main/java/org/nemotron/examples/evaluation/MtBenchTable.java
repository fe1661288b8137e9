package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import java.io.PrintWriter;
import java.util.Locale;
import org.nemotron.core.eval.mtbench.GradeSummary;
import org.nemotron.core.eval.mtbench.Grades;
import org.nemotron.core.eval.mtbench.PairSummary;
import org.nemotron.core.eval.mtbench.Verdicts;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.Interval;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.PairedItems;
import org.nemotron.core.eval.stats.Preserved;

/** Results of MT-Bench as tables for a terminal. */
final class MtBenchTable {
  private static final String GRADES = "%-14s %9s %8s %8s  %-8s %7s %7s%n";
  private static final String PAIRS = "%-14s %5s %5s %7s %14s %10s  %-26s %11s%n";

  private final PrintWriter out;

  MtBenchTable(PrintWriter out) {
    this.out = out;
  }

  void print(MtBenchResult result) {
    result.answers().forEach(this::print);
    if (result.grades().isEmpty()) {
      out.println("not graded: no --judge-url");
    }
    result.grades().forEach(this::print);
    for (int i = 1; i < result.grades().size(); i++) {
      Grades parent = result.grades().get(0);
      Grades child = result.grades().get(i);
      parent.with(child).ifPresent(items -> compare(parent, child, items));
    }
    result.verdicts().forEach(this::print);
  }

  private void print(MtBenchResult.Answers answers) {
    out.printf(
        "%s: %d answers to %d questions%s%s%s%n",
        answers.model(),
        answers.turns(),
        answers.answers().size(),
        counted(answers.unfinished(), "cut at their greatest length"),
        counted(answers.empty(), "empty"),
        counted(answers.promptsCut(), "after a conversation that was cut from the left"));
  }

  private static String counted(long count, String what) {
    return count == 0 ? "" : ", " + count + " " + what;
  }

  private void print(Grades grades) {
    out.printf(
        "%n%s, graded from 1 to 10 by %s on %s%n", grades.model(), grades.judge(), grades.dates());
    out.printf(GRADES, "category", "questions", "grades", "mean", "± error", "turn 1", "turn 2");
    int ungraded = 0;
    for (GradeSummary one : GradeSummary.of(grades)) {
      out.printf(
          GRADES,
          one.category(),
          one.questions(),
          one.grades(),
          number(one.mean()),
          Double.isNaN(one.standardError()) ? "" : "± " + number(one.standardError()),
          number(one.firstTurn()),
          number(one.laterTurns()));
      ungraded = one.ungraded();
    }
    if (ungraded > 0) {
      out.printf(
          "%d answers have no grade, since the judge gave none in double brackets; the next run"
              + " asks again%n",
          ungraded);
    }
  }

  private void compare(Grades parent, Grades child, PairedItems items) {
    PairedComparison grades = PairedComparison.of(items, Bootstrap.USUAL);
    out.printf(
        Locale.ROOT,
        "%n%s against %s by grades: %s less %s is %s; preserved %s; %d questions, which resolve a"
            + " difference of %s%n",
        child.model(),
        parent.model(),
        number(grades.child()),
        number(grades.parent()),
        interval(grades.difference(), 1, ""),
        preserved(grades.preserved()),
        grades.n(),
        number(grades.smallestDetectable()));
  }

  private static String preserved(Preserved preserved) {
    return preserved instanceof Preserved.Ratio ratio
        ? interval(ratio.interval(), 100, " %")
        : "not meaningful";
  }

  private void print(Verdicts verdicts) {
    out.printf(
        "%n%s against %s, each pair asked in both orders of %s on %s%n",
        verdicts.child(), verdicts.parent(), verdicts.judge(), verdicts.dates());
    out.printf(
        PAIRS,
        "category",
        "wins",
        "ties",
        "losses",
        "contradictory",
        "undecided",
        "win rate",
        "first place");
    ImmutableList<PairSummary> summaries = PairSummary.of(verdicts, Bootstrap.USUAL);
    for (PairSummary one : summaries) {
      out.printf(
          PAIRS,
          one.category(),
          one.wins(),
          one.ties(),
          one.losses(),
          one.contradictory(),
          one.undecided(),
          Double.isNaN(one.winRate().value()) ? "-" : interval(one.winRate(), 100, " %"),
          Double.isNaN(one.firstPlace())
              ? "-"
              : String.format(Locale.ROOT, "%.0f %%", 100 * one.firstPlace()));
    }
    out.println(
        "wins are the child's, in both orders; contradictory: ties since the orders differ; win"
            + " rate: ties count half; first place: share of decisions for the answer shown first");
  }

  private static String interval(Interval interval, double factor, String unit) {
    return String.format(
        Locale.ROOT,
        "%.2f%s (%.2f to %.2f)",
        factor * interval.value(),
        unit,
        factor * interval.low(),
        factor * interval.high());
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.2f", value) : "-";
  }
}
