package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;

/**
 * The tokens put around a whole text. Immutable.
 *
 * @param before texts of the tokens before it
 * @param behind texts of the tokens behind it
 */
record TextEnds(ImmutableList<String> before, ImmutableList<String> behind) {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final String TYPE = "type";
  private static final String TEMPLATE = "TemplateProcessing";
  private static final String SEQUENCE = "Sequence";
  private static final String SPECIAL = "SpecialToken";
  private static final String ID = "id";

  /** Returns those that the settings say. */
  static TextEnds of(TokenizerSettings settings) {
    return new TextEnds(
        one(settings.addsBegin(), settings.begin()), one(settings.addsEnd(), settings.end()));
  }

  private static ImmutableList<String> one(boolean added, String token) {
    return added && !token.isEmpty() ? ImmutableList.of(token) : ImmutableList.of();
  }

  /** Returns whether a post-processor puts just these around a text. */
  boolean areThoseOf(JsonNode postProcessor) {
    return switch (postProcessor.path(TYPE).asText("")) {
      case "", "ByteLevel" -> before.isEmpty() && behind.isEmpty();
      case TEMPLATE -> areThoseOfTemplate(postProcessor.path("single"));
      case SEQUENCE -> areThoseOfOne(postProcessor.path("processors"));
      default -> false;
    };
  }

  /** Returns whether the template among {@code processors} puts these around a text. */
  private boolean areThoseOfOne(JsonNode processors) {
    boolean found = false;
    for (JsonNode processor : processors) {
      switch (processor.path(TYPE).asText()) {
        case "ByteLevel" -> {}
        case TEMPLATE -> {
          if (found || !areThoseOf(processor)) {
            return false;
          }
          found = true;
        }
        default -> {
          return false;
        }
      }
    }
    return found || (before.isEmpty() && behind.isEmpty());
  }

  private boolean areThoseOfTemplate(JsonNode single) {
    ImmutableList.Builder<String> parts = ImmutableList.builder();
    for (JsonNode part : single) {
      parts.add(part.has(SPECIAL) ? part.path(SPECIAL).path(ID).asText() : "");
    }
    return parts
        .build()
        .equals(ImmutableList.builder().addAll(before).add("").addAll(behind).build());
  }

  /** Returns the post-processor that puts these around a text. */
  ObjectNode toJson(AddedTokens tokens) {
    ObjectNode json = NODES.objectNode().put(TYPE, TEMPLATE);
    ArrayNode single = json.putArray("single");
    before.forEach(token -> single.add(special(token, 0)));
    single.add(text("A", 0));
    behind.forEach(token -> single.add(special(token, 0)));
    ArrayNode pair = json.putArray("pair").addAll(single);
    before.forEach(token -> pair.add(special(token, 1)));
    pair.add(text("B", 1));
    behind.forEach(token -> pair.add(special(token, 1)));
    ObjectNode ids = json.putObject("special_tokens");
    before.forEach(token -> put(ids, token, tokens.id(token)));
    behind.forEach(token -> put(ids, token, tokens.id(token)));
    return json;
  }

  private static ObjectNode special(String token, int type) {
    ObjectNode node = NODES.objectNode();
    node.putObject(SPECIAL).put(ID, token).put("type_id", type);
    return node;
  }

  private static ObjectNode text(String name, int type) {
    ObjectNode node = NODES.objectNode();
    node.putObject(SEQUENCE).put(ID, name).put("type_id", type);
    return node;
  }

  private static void put(ObjectNode ids, String token, int id) {
    ObjectNode entry = ids.putObject(token).put(ID, token);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(token);
  }
}
