package org.nemotron.examples.evaluation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.Locale;
import org.nemotron.core.eval.stats.Interval;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.Preserved;

/** Comparisons as a table for a terminal, and as JSON. */
final class ComparisonText {
  private static final String ROW = "%-28s %6s %8s %8s  %-28s %-28s %9s %9s %9s%n";

  private ComparisonText() {}

  static void print(Comparison comparison, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%n%s against %s (95 %% intervals by a paired bootstrap)%n",
        comparison.child(),
        comparison.parent());
    out.printf(
        ROW,
        "benchmark",
        "n",
        "parent",
        "child",
        "preserved",
        "above chance",
        "McNemar p",
        "same",
        "resolves");
    for (int index = 0; index < comparison.benchmarks().size(); index++) {
      PairedComparison one = comparison.benchmarks().get(index);
      out.printf(
          ROW,
          one.task(),
          one.n(),
          number("%.4f", one.parent()),
          number("%.4f", one.child()),
          text(one.preserved()),
          text(one.aboveChance()),
          number("%.3f", one.mcNemar()),
          number("%.3f", comparison.agreements().get(index)),
          number("%.4f", one.smallestDetectable()));
    }
    out.printf("mean of ratios: %s%n", text(comparison.mean()));
    comparison
        .benchmarks()
        .forEach(one -> printReason(one.task(), one.preserved(), one.aboveChance(), out));
    out.println(
        "same: share of items with the same choice; resolves: the smallest difference that would"
            + " be found with a power of 80 %");
  }

  private static void printReason(
      String task, Preserved preserved, Preserved above, PrintWriter out) {
    if (preserved instanceof Preserved.NotMeaningful none) {
      out.printf("  %s, preserved: %s%n", task, none.reason());
    }
    if (above instanceof Preserved.NotMeaningful none) {
      out.printf("  %s, above chance: %s%n", task, none.reason());
    }
  }

  private static String number(String format, double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, format, value) : "-";
  }

  private static String text(Preserved preserved) {
    if (preserved instanceof Preserved.Ratio ratio) {
      Interval interval = ratio.interval();
      return String.format(
          Locale.ROOT,
          "%.2f %% (%.2f to %.2f)",
          100 * interval.value(),
          100 * interval.low(),
          100 * interval.high());
    }
    return "not meaningful";
  }

  static ObjectNode json(Comparison comparison) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("parent", comparison.parent())
            .put("child", comparison.child());
    ArrayNode benchmarks = json.putArray("benchmarks");
    for (int index = 0; index < comparison.benchmarks().size(); index++) {
      PairedComparison one = comparison.benchmarks().get(index);
      ObjectNode node = benchmarks.addObject().put("benchmark", one.task()).put("n", one.n());
      ResultJson.putNumber(node, "parent", one.parent());
      ResultJson.putNumber(node, "child", one.child());
      node.set("difference", json(one.difference()));
      node.set("preserved", json(one.preserved()));
      node.set("aboveChance", json(one.aboveChance()));
      ResultJson.putNumber(node, "mcNemarP", one.mcNemar());
      ResultJson.putNumber(node, "sameChoice", comparison.agreements().get(index));
      ResultJson.putNumber(node, "smallestDetectable", one.smallestDetectable());
    }
    json.set("meanOfRatios", json(comparison.mean()));
    return json;
  }

  static ObjectNode json(Preserved preserved) {
    if (preserved instanceof Preserved.Ratio ratio) {
      return json(ratio.interval());
    }
    return JsonNodeFactory.instance
        .objectNode()
        .put(
            "notMeaningful",
            preserved instanceof Preserved.NotMeaningful none ? none.reason() : "");
  }

  static ObjectNode json(Interval interval) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    ResultJson.putNumber(json, "value", interval.value());
    ResultJson.putNumber(json, "low", interval.low());
    ResultJson.putNumber(json, "high", interval.high());
    return json;
  }
}
