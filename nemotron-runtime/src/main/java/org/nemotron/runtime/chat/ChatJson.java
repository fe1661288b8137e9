package org.nemotron.runtime.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.nemotron.runtime.config.JsonFaults;

/** JSON of messages and options. */
final class ChatJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private ChatJson() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /**
   * Returns what a JSON text says.
   *
   * @param what what it is, for errors
   * @throws IllegalArgumentException if it is not JSON
   */
  static JsonNode parse(String json, String what) {
    try {
      return MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(what + " is not JSON (" + JsonFaults.words(e) + ")", e);
    }
  }

  /** Returns what a text says as JSON; empty where it is none. */
  static Optional<JsonNode> parsed(String text) {
    try {
      JsonNode parsed = MAPPER.readTree(text);
      return parsed.isMissingNode() ? Optional.empty() : Optional.of(parsed);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
