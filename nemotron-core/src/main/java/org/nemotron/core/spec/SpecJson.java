package org.nemotron.core.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Enums;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;

/** Specs as JSON: the one form in which the tables, manifests and summaries of a run write them. */
public final class SpecJson {
  private SpecJson() {}

  /** Returns an attention as an object with its {@code kind} and sizes. */
  public static ObjectNode of(AttentionSpec spec) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    return spec.accept(
        new AttentionSpec.Visitor<>() {
          @Override
          public ObjectNode visit(AttentionSpec.GroupedQuery attention) {
            json.put("kind", "groupedQuery")
                .put("queryHeads", attention.queryHeads())
                .put("kvHeads", attention.kvHeads())
                .put("headDim", attention.headDim());
            if (!attention.traits().isEmpty()) {
              ArrayNode traits = json.putArray("traits");
              attention.traits().forEach(trait -> traits.add(trait.name()));
            }
            return json;
          }

          @Override
          public ObjectNode visit(AttentionSpec.Linear attention) {
            return json.put("kind", "linear");
          }

          @Override
          public ObjectNode visit(AttentionSpec.NoOp attention) {
            return json.put("kind", "noOp");
          }
        });
  }

  /** Returns an FFN as an object with its {@code kind} and sizes. */
  public static ObjectNode of(FfnSpec spec) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    return spec.accept(
        new FfnSpec.Visitor<>() {
          @Override
          public ObjectNode visit(FfnSpec.Gated ffn) {
            return json.put("kind", "gated").put("channels", ffn.channels());
          }

          @Override
          public ObjectNode visit(FfnSpec.Linear ffn) {
            return json.put("kind", "linear");
          }

          @Override
          public ObjectNode visit(FfnSpec.NoOp ffn) {
            return json.put("kind", "noOp");
          }
        });
  }

  /**
   * Returns the attention that {@link #of(AttentionSpec)} wrote.
   *
   * @throws IOException if its kind or one of its traits is not known
   */
  public static AttentionSpec attention(JsonNode json) throws IOException {
    return switch (json.path("kind").asText()) {
      case "groupedQuery" ->
          new AttentionSpec.GroupedQuery(
              json.path("queryHeads").asInt(),
              json.path("kvHeads").asInt(),
              json.path("headDim").asInt(),
              traits(json.path("traits")));
      case "linear" -> new AttentionSpec.Linear();
      case "noOp" -> new AttentionSpec.NoOp();
      default ->
          throw new IOException("attention kind must be groupedQuery, linear or noOp: " + json);
    };
  }

  private static ImmutableSet<AttentionTrait> traits(JsonNode names) throws IOException {
    ImmutableSet.Builder<AttentionTrait> traits = ImmutableSet.builder();
    for (JsonNode name : names) {
      traits.add(
          Enums.getIfPresent(AttentionTrait.class, name.asText())
              .toJavaUtil()
              .orElseThrow(() -> new IOException("attention trait is not known: " + name)));
    }
    return traits.build();
  }

  /**
   * Returns the FFN that {@link #of(FfnSpec)} wrote.
   *
   * @throws IOException if its kind is not known
   */
  public static FfnSpec ffn(JsonNode json) throws IOException {
    return switch (json.path("kind").asText()) {
      case "gated" -> new FfnSpec.Gated(json.path("channels").asInt());
      case "linear" -> new FfnSpec.Linear();
      case "noOp" -> new FfnSpec.NoOp();
      default -> throw new IOException("ffn kind must be gated, linear or noOp: " + json);
    };
  }
}
