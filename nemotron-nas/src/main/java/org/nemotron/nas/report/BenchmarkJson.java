package org.nemotron.nas.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;

/** Benchmarks of a run as JSON: the benchmarks, means of ratios, and the frontier by them. */
final class BenchmarkJson {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private BenchmarkJson() {}

  static ObjectNode of(RunSummary summary) {
    BenchmarkTable table = summary.benchmarks();
    ObjectNode json = NODES.objectNode();
    ArrayNode rows = json.putArray("rows");
    for (BenchmarkTable.Row row : table.rows()) {
      ObjectNode one =
          rows.addObject()
              .put("benchmark", row.benchmark())
              .put("version", row.version())
              .put("shots", row.shots())
              .put("items", row.items())
              .put("metric", row.metric());
      one.set("parent", figure(row.parent()));
      ObjectNode children = one.putObject("children");
      for (int child = 0; child < row.children().size(); child++) {
        ObjectNode figure = figure(row.children().get(child).figure());
        put(figure, row.children().get(child).preserved());
        children.set(summary.targets().get(child).name(), figure);
      }
    }
    ArrayNode missing = json.putArray("missing");
    for (BenchmarkTable.Missing one : table.missing()) {
      missing
          .addObject()
          .put("benchmark", one.benchmark())
          .put("metric", one.metric())
          .put("state", one.state())
          .put("reason", one.reason());
    }
    ObjectNode means = json.putObject("meanOfRatios");
    for (int child = 0; child < table.meanPreserved().size(); child++) {
      put(means.putObject(summary.targets().get(child).name()), table.meanPreserved().get(child));
    }
    ArrayNode frontier = json.putArray("frontier");
    for (TaskFrontier.Point point : TaskFrontier.of(summary)) {
      ObjectNode one =
          frontier
              .addObject()
              .put("model", point.role().label())
              .put("target", point.target())
              .put("tokensPerSecond", point.figures().tokensPerSecond());
      put(one, ImmutableList.of(point.preserved()));
    }
    return json;
  }

  private static ObjectNode figure(BenchmarkTable.Figure figure) {
    return NODES
        .objectNode()
        .put("value", figure.value())
        .put("standardError", figure.standardError());
  }

  /** Puts the ratio, or null where there is none. */
  private static void put(ObjectNode json, ImmutableList<BenchmarkTable.Preserved> preserved) {
    if (preserved.isEmpty()) {
      json.putNull("preserved");
      return;
    }
    json.putObject("preserved")
        .put("value", preserved.get(0).value())
        .put("low", preserved.get(0).low())
        .put("high", preserved.get(0).high());
  }
}
