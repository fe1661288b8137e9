package org.nemotron.nas.distill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;

/** The curves of a distillation as JSON. */
final class ProgressJson {
  private ProgressJson() {}

  static void put(GlobalProgress state, ObjectNode json) {
    ArrayNode losses = json.putArray("losses");
    state.losses().forEach(losses::add);
    ArrayNode evaluations = json.putArray("evaluations");
    for (GlobalDistillation.Evaluation evaluation : state.evaluations()) {
      evaluations.addObject().put("step", evaluation.step()).put("klNats", evaluation.klNats());
    }
  }

  static ImmutableList<Double> losses(JsonNode json) {
    ImmutableList.Builder<Double> losses = ImmutableList.builder();
    json.path("losses").forEach(loss -> losses.add(loss.asDouble()));
    return losses.build();
  }

  static ImmutableList<GlobalDistillation.Evaluation> evaluations(JsonNode json) {
    ImmutableList.Builder<GlobalDistillation.Evaluation> evaluations = ImmutableList.builder();
    for (JsonNode node : json.path("evaluations")) {
      evaluations.add(
          new GlobalDistillation.Evaluation(
              node.path("step").asInt(), node.path("klNats").asDouble()));
    }
    return evaluations.build();
  }
}
