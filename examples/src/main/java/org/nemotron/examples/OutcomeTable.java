package org.nemotron.examples;

import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.nemotron.nas.search.AskedLimit;
import org.nemotron.nas.search.Choice;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchOutcome.Unfinished;
import org.nemotron.nas.search.Solution;

/** The outcome of a search as a table for people. */
final class OutcomeTable {
  private OutcomeTable() {}

  static String of(SearchOutcome outcome) {
    String seconds = format("%.3f s", outcome.elapsed().toNanos() / 1e9);
    if (outcome instanceof Found found) {
      return found(found) + format("%s, %s", ending(found), seconds);
    }
    if (outcome instanceof Infeasible infeasible) {
      return infeasible(infeasible) + format("%nProven in %s", seconds);
    }
    Unfinished unfinished = (Unfinished) outcome;
    return format(
        "Nothing found in %s: the search %s; no architecture has a score below %s",
        seconds, unfinished.ending().inWords(), unfinished.bound());
  }

  private static String ending(Found found) {
    return switch (found.ending()) {
      case COMPLETE -> "As many as asked for";
      case EXHAUSTED -> "Proven: there are no more";
      case OUT_OF_TIME -> "Out of time";
      case OUT_OF_MEMORY -> "Out of memory for labels (a larger -Xmx gives more)";
      case CANCELLED -> "Cancelled";
    };
  }

  private static String found(Found found) {
    StringJoiner table = new StringJoiner("\n", "", "\n");
    List<String> costs = List.copyOf(found.best().costs().keySet());
    table.add(format("%-4s %14s %14s %10s", "#", "score", "bound", "gap") + columns(costs));
    int number = 1;
    for (Solution solution : found.solutions()) {
      table.add(row(number++, solution, costs));
    }
    number = 1;
    for (Solution solution : found.solutions()) {
      table.add(format("%nSolution %d, layer by layer", number++));
      solution.choices().forEach(choice -> table.add(line(choice)));
    }
    return table + format("%n");
  }

  private static String columns(List<String> costs) {
    StringBuilder columns = new StringBuilder();
    costs.forEach(cost -> columns.append(format(" %18s", cost)));
    return columns.toString();
  }

  private static String row(int number, Solution solution, List<String> costs) {
    StringBuilder row = new StringBuilder();
    row.append(
        format(
            "%-4d %14.8g %14.8g %10.2e",
            number, solution.score(), solution.bound(), solution.gap()));
    costs.forEach(
        cost -> row.append(format(" %18.8g", solution.costs().getOrDefault(cost, Double.NaN))));
    return row.toString();
  }

  private static String line(Choice choice) {
    int last = choice.layer() + choice.alternative().covers() - 1;
    String layers =
        last == choice.layer() ? format("%d", last) : format("%d-%d", choice.layer(), last);
    return format(
        "%8s  %-28s %12.6g", layers, choice.alternative().id(), choice.alternative().score());
  }

  private static String infeasible(Infeasible infeasible) {
    StringJoiner lines = new StringJoiner("\n");
    lines.add("No architecture meets every budget.");
    lines.add(infeasible.sentence());
    infeasible
        .repairs()
        .forEach(
            (limit, value) -> {
              AskedLimit moved =
                  new AskedLimit(limit.of(), limit.counts(), limit.fromAbove(), value);
              lines.add("Would do: " + moved.inWords());
            });
    return lines.toString();
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
