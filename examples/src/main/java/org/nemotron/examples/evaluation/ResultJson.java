package org.nemotron.examples.evaluation;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import org.nemotron.core.eval.ModelEffort;
import org.nemotron.core.eval.task.MetricValue;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.eval.task.TaskResult;

/** One model's results as JSON. What is no number, such as the error of one item, is null. */
final class ResultJson {
  private ResultJson() {}

  static ObjectNode of(ModelResults model) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("model", model.name())
            .put("fingerprint", model.fingerprint())
            .put("device", model.device())
            .put("weights", model.format())
            .put("maxLength", model.maxLength());
    ArrayNode tasks = json.putArray("tasks");
    model.tasks().forEach(result -> tasks.add(of(result)));
    ArrayNode groups = json.putArray("groups");
    for (GroupResults.Group group : GroupResults.of(model.tasks())) {
      ObjectNode one =
          groups
              .addObject()
              .put("group", group.group().name())
              .put("version", group.group().version());
      one.set("metrics", of(group.metrics()));
    }
    ArrayNode missing = json.putArray("missing");
    model
        .missing()
        .forEach(
            one ->
                missing
                    .addObject()
                    .put("task", one.task())
                    .put("metric", one.metric())
                    .put("reason", one.reason()));
    json.set("effort", of(model.effort()).put("itemsFromLog", model.reused()));
    return json;
  }

  private static ObjectNode of(TaskResult result) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("task", result.task())
            .put("version", result.version())
            .put("shots", result.shots())
            .put("settings", result.settings())
            .put("metric", result.metric())
            .put("chance", result.chance());
    json.set("metrics", of(result.metrics()));
    json.set("prompts", of(result.prompts()));
    ArrayNode notes = json.putArray("notes");
    result.notes().forEach(notes::add);
    return json;
  }

  private static ObjectNode of(ImmutableMap<String, MetricValue> metrics) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    metrics.forEach(
        (name, value) -> {
          ObjectNode one = json.putObject(name).put("n", value.n());
          one.put("higherIsBetter", value.higherIsBetter());
          putNumber(one, "value", value.value());
          putNumber(one, "standardError", value.standardError());
        });
    return json;
  }

  private static ObjectNode of(PromptFacts prompts) {
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("bos", prompts.bos().name())
            .put("requests", prompts.requests())
            .put("tokens", prompts.tokens())
            .put("truncated", prompts.truncated())
            .put("empty", prompts.empty())
            .put("retokenized", prompts.retokenized());
    ArrayNode ids = json.putArray("firstIds");
    prompts.firstIds().forEach(ids::add);
    return json;
  }

  private static ObjectNode of(ModelEffort effort) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("requests", effort.requests())
        .put("requestTokens", effort.requestTokens())
        .put("computedTokens", effort.computedTokens())
        .put("generatedTokens", effort.generatedTokens())
        .put("savedShare", effort.shared())
        .put("seconds", effort.time().toNanos() / 1e9)
        .put("tokensPerSecond", effort.tokensPerSecond());
  }

  /** Puts a number, or null where it is none. */
  static void putNumber(ObjectNode json, String name, double value) {
    if (Double.isFinite(value)) {
      json.put(name, value);
    } else {
      json.putNull(name);
    }
  }
}
