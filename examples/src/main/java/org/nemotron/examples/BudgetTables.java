package org.nemotron.examples;

import java.util.Locale;
import java.util.StringJoiner;
import org.nemotron.nas.search.Frontier;
import org.nemotron.nas.search.Sensitivity;

/** What other budgets would bring, as tables for people. */
final class BudgetTables {
  private BudgetTables() {}

  static String of(Frontier frontier) {
    StringJoiner table = new StringJoiner("\n");
    table.add(format("%22s %14s %10s", frontier.cost() + " at most", "score", "gap"));
    for (Frontier.Point point : frontier.points()) {
      table.add(
          format(
              "%22.10g %14.8g %10.2e",
              point.limit(), point.solution().score(), point.solution().gap()));
    }
    if (frontier.points().isEmpty()) {
      table.add("No architecture meets every budget.");
    }
    String ending = frontier.complete() ? "Complete" : "Out of time";
    frontier.unproven().forEach(open -> table.add("not proven: " + open));
    return table.add(ending + seconds(frontier.elapsed().toNanos())).toString();
  }

  static String of(Sensitivity sensitivity) {
    StringJoiner table = new StringJoiner("\n");
    table.add(format("The best architecture has score %.8g.", sensitivity.solution().score()));
    for (Sensitivity.Entry entry : sensitivity.budgets()) {
      table.add(
          format(
              "%n%s %s %s",
              entry.cost(), entry.fromAbove() ? "at most" : "at least", entry.limit()));
      table.add(format("  one unit more of room buys %.6g of score", entry.scorePerUnit()));
      table.add(better(entry));
      table.add(worse(entry));
    }
    String ending = sensitivity.complete() ? "Complete" : "Out of time";
    return table.add("\n" + ending + seconds(sensitivity.elapsed().toNanos())).toString();
  }

  private static String better(Sensitivity.Entry entry) {
    if (Double.isNaN(entry.betterLimit())) {
      return "  whether a looser limit allows a better architecture is not known";
    }
    return Double.isFinite(entry.betterLimit())
        ? format("  better from %s on: score %s", entry.betterLimit(), score(entry))
        : "  no better architecture at any limit";
  }

  private static String score(Sensitivity.Entry entry) {
    double score = entry.betterScore();
    return Double.isNaN(score) ? "not known" : format("%.8g", score);
  }

  private static String worse(Sensitivity.Entry entry) {
    if (Double.isNaN(entry.worseScore())) {
      return format("  what fits beyond %s is not known", entry.worseLimit());
    }
    return Double.isFinite(entry.worseScore())
        ? format("  worse beyond %s: score %.8g", entry.worseLimit(), entry.worseScore())
        : format("  nothing fits beyond %s", entry.worseLimit());
  }

  private static String seconds(long nanos) {
    return format(", %.3f s", nanos / 1e9);
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
