package org.nemotron.nas.search;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchOutcome.Unfinished;

/** Writes outcomes as JSON; numbers that are not finite are left out. */
public final class OutcomeJson {
  private static final ObjectMapper MAPPER = JsonMapper.builder().build();
  private static final double NANOS = 1e9;

  private OutcomeJson() {}

  /**
   * Returns an outcome as JSON: {@code "status"} is found, infeasible, outOfTime, outOfMemory or
   * cancelled. The limits that clash are written as those of a problem.
   */
  public static String write(SearchOutcome outcome) {
    ObjectNode root = MAPPER.createObjectNode();
    double seconds = outcome.elapsed().toNanos() / NANOS;
    if (outcome instanceof Found found) {
      root.put("status", "found").put("seconds", seconds);
      root.put("ending", found.ending().name());
      ArrayNode solutions = root.putArray("solutions");
      found.solutions().forEach(solution -> write(solution, solutions.addObject()));
    } else if (outcome instanceof Infeasible infeasible) {
      root.put("status", "infeasible").put("seconds", seconds);
      write(infeasible, root);
    } else if (outcome instanceof Unfinished unfinished) {
      root.put("status", status(unfinished)).put("seconds", seconds);
      put(root, "bound", unfinished.bound());
    }
    return root.toString();
  }

  private static String status(Unfinished unfinished) {
    return switch (unfinished.ending()) {
      case CANCELLED -> "cancelled";
      case OUT_OF_MEMORY -> "outOfMemory";
      case OUT_OF_TIME, COMPLETE, EXHAUSTED -> "outOfTime";
    };
  }

  /** Returns a frontier as JSON: what is not proven, and points with a limit and a solution. */
  public static String write(Frontier frontier) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("cost", frontier.cost()).put("complete", frontier.complete());
    root.put("seconds", frontier.elapsed().toNanos() / NANOS);
    frontier.unproven().forEach(root.putArray("unproven")::add);
    ArrayNode points = root.putArray("points");
    for (Frontier.Point point : frontier.points()) {
      ObjectNode node = points.addObject().put("limit", point.limit());
      write(point.solution(), node);
    }
    return root.toString();
  }

  /**
   * Returns a sensitivity as JSON: the solution, and one entry for each end of each budget, without
   * the numbers that there are not, and with null for those that are not known.
   */
  public static String write(Sensitivity sensitivity) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("complete", sensitivity.complete());
    root.put("seconds", sensitivity.elapsed().toNanos() / NANOS);
    write(sensitivity.solution(), root.putObject("solution"));
    ArrayNode budgets = root.putArray("budgets");
    for (Sensitivity.Entry entry : sensitivity.budgets()) {
      ObjectNode node = budgets.addObject().put("cost", entry.cost());
      node.put(entry.fromAbove() ? "atMost" : "atLeast", entry.limit());
      node.put("scorePerUnit", entry.scorePerUnit());
      putOrUnknown(node, "betterLimit", entry.betterLimit());
      putOrUnknown(node, "betterScore", entry.betterScore());
      putOrUnknown(node, "worseLimit", entry.worseLimit());
      putOrUnknown(node, "worseScore", entry.worseScore());
    }
    return root.toString();
  }

  private static void write(Solution solution, ObjectNode node) {
    solution.ids().forEach(node.putArray("choices")::add);
    node.put("score", solution.score());
    put(node, "bound", solution.bound());
    put(node, "gap", solution.gap());
    if (solution.standardError() > 0) {
      node.put("standardError", solution.standardError());
    }
    solution.costs().forEach(node.putObject("costs")::put);
  }

  private static void write(Infeasible infeasible, ObjectNode node) {
    ArrayNode clash = node.putArray("clash");
    infeasible.clash().forEach(limit -> write(limit, limit.value(), clash.addObject()));
    put(node, "nearest", infeasible.nearest());
    if (!infeasible.pins().isEmpty()) {
      ArrayNode pins = node.putArray("pins");
      infeasible.pins().forEach(pin -> ProblemJson.write(pin, pins.addObject()));
    }
    ArrayNode repairs = node.putArray("repairs");
    infeasible.repairs().forEach((limit, value) -> write(limit, value, repairs.addObject()));
  }

  private static void write(AskedLimit limit, double value, ObjectNode node) {
    node.put(limit.counts() ? "kind" : "cost", limit.of());
    String bound = limit.fromAbove() ? "atMost" : "atLeast";
    if (limit.counts()) {
      node.put(bound, Math.round(value));
    } else {
      node.put(bound, value);
    }
  }

  private static void putOrUnknown(ObjectNode node, String name, double value) {
    if (Double.isNaN(value)) {
      node.putNull(name);
    } else {
      put(node, name, value);
    }
  }

  private static void put(ObjectNode node, String name, double value) {
    if (Double.isFinite(value)) {
      node.put(name, value);
    }
  }
}
