package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;

/** Reads and writes {@link SearchProblem}s as JSON; reading back what was written is identical. */
public final class ProblemJson {
  /** Reads NaN and Infinity, which many programs write, so that messages name layer and cost. */
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The byte order mark that editors write before a text. */
  private static final String MARK = "\uFEFF";

  private ProblemJson() {}

  /**
   * Reads a problem.
   *
   * @param json with or without a byte order mark: {@code {"layers": [{"candidates": [{"id",
   *     "score", "costs": {…}}]}], "fixedCosts": {…}, "budgets": [{"cost", "atMost", "atLeast"}],
   *     "solutions", "minDifferentLayers"}}. Candidates may have {@code "standardError"}, {@code
   *     "covers"} and {@code "kinds"}; {@code "rules"} are {@code {"layer", "force"}}, {@code
   *     {"layer", "forbid"}} or {@code {"kind", "atMost", "atLeast"}}
   * @throws IllegalArgumentException if this is not JSON, or not a problem; says what and where
   */
  public static SearchProblem parse(String json) {
    try {
      return parse(MAPPER.readTree(json.startsWith(MARK) ? json.substring(1) : json));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          String.format("not JSON: %s, at %s", e.getOriginalMessage(), place(e.getLocation())), e);
    }
  }

  private static String place(JsonLocation location) {
    return String.format("line %d, column %d", location.getLineNr(), location.getColumnNr());
  }

  private static SearchProblem parse(JsonNode root) {
    JsonFields fields = new JsonFields(root, "problem");
    fields.allowOnly("layers", "fixedCosts", "budgets", "rules", "solutions", "minDifferentLayers");
    SearchProblem.Builder builder = SearchProblem.builder();
    int layer = 0;
    for (JsonNode node : fields.array("layers", true)) {
      builder.layer(candidates(node, layer++));
    }
    builder.fixedCosts(fields.numbers("fixedCosts", false));
    for (JsonNode node : fields.array("budgets", false)) {
      builder.budget(budget(node));
    }
    for (JsonNode node : fields.array("rules", false)) {
      builder.rule(rule(node));
    }
    return builder
        .solutions(fields.integer("solutions", 1))
        .minDifferentLayers(fields.integer("minDifferentLayers", 1))
        .build();
  }

  private static ImmutableList<Alternative> candidates(JsonNode node, int layer) {
    JsonFields fields = new JsonFields(node, "layer " + layer);
    fields.allowOnly("candidates");
    ImmutableList.Builder<Alternative> candidates = ImmutableList.builder();
    for (JsonNode candidate : fields.array("candidates", true)) {
      candidates.add(candidate(candidate, layer));
    }
    return candidates.build();
  }

  private static Alternative candidate(JsonNode node, int layer) {
    String id = new JsonFields(node, "layer " + layer + ", candidate").text("id");
    JsonFields fields = new JsonFields(node, "layer " + layer + ", candidate " + id);
    fields.allowOnly("id", "score", "standardError", "costs", "covers", "kinds");
    int covers = fields.integer("covers", 1);
    checkArgument(
        covers >= 1, "layer %s, candidate %s: covers (%s) must be at least 1", layer, id, covers);
    return new Alternative(
        id,
        fields.number("score"),
        fields.number("standardError", 0),
        fields.numbers("costs", true),
        covers,
        fields.texts("kinds"));
  }

  private static Budget budget(JsonNode node) {
    JsonFields fields = new JsonFields(node, "budget");
    fields.allowOnly("cost", "atLeast", "atMost");
    return new Budget(
        fields.text("cost"),
        fields.number("atLeast", Double.NEGATIVE_INFINITY),
        fields.number("atMost", Double.POSITIVE_INFINITY));
  }

  private static Rule rule(JsonNode node) {
    JsonFields fields = new JsonFields(node, "rule");
    if (node.has("kind")) {
      fields.allowOnly("kind", "atLeast", "atMost");
      return new Rule.KindCount(
          fields.text("kind"),
          fields.integer("atLeast", 0),
          fields.integer("atMost", Integer.MAX_VALUE));
    }
    if (node.has("force")) {
      fields.allowOnly("layer", "force");
      return Rule.force(fields.integer("layer"), fields.text("force"));
    }
    fields.allowOnly("layer", "forbid");
    return Rule.forbid(fields.integer("layer"), fields.text("forbid"));
  }

  /** Returns a problem as JSON. */
  public static String write(SearchProblem problem) {
    ObjectNode root = MAPPER.createObjectNode();
    ArrayNode layers = root.putArray("layers");
    for (ImmutableList<Alternative> layer : problem.layers()) {
      ArrayNode candidates = layers.addObject().putArray("candidates");
      layer.forEach(candidate -> write(candidate, candidates.addObject()));
    }
    problem.fixedCosts().forEach(root.putObject("fixedCosts")::put);
    ArrayNode budgets = root.putArray("budgets");
    problem.budgets().forEach(budget -> write(budget, budgets.addObject()));
    ArrayNode rules = root.putArray("rules");
    problem.rules().forEach(rule -> write(rule, rules.addObject()));
    root.put("solutions", problem.solutions());
    root.put("minDifferentLayers", problem.minDifferentLayers());
    return root.toString();
  }

  private static void write(Alternative candidate, ObjectNode node) {
    node.put("id", candidate.id()).put("score", candidate.score());
    if (candidate.standardError() != 0) {
      node.put("standardError", candidate.standardError());
    }
    candidate.costs().forEach(node.putObject("costs")::put);
    if (candidate.covers() != 1) {
      node.put("covers", candidate.covers());
    }
    if (!candidate.kinds().isEmpty()) {
      candidate.kinds().forEach(node.putArray("kinds")::add);
    }
  }

  private static void write(Budget budget, ObjectNode node) {
    node.put("cost", budget.cost());
    if (Double.isFinite(budget.atLeast())) {
      node.put("atLeast", budget.atLeast());
    }
    if (Double.isFinite(budget.atMost())) {
      node.put("atMost", budget.atMost());
    }
  }

  static void write(Rule rule, ObjectNode node) {
    if (rule instanceof Rule.Force force) {
      node.put("layer", force.layer()).put("force", force.id());
    } else if (rule instanceof Rule.Forbid forbid) {
      node.put("layer", forbid.layer()).put("forbid", forbid.id());
    } else if (rule instanceof Rule.KindCount count) {
      node.put("kind", count.kind()).put("atLeast", count.atLeast()).put("atMost", count.atMost());
    }
  }
}
