package org.nemotron.core.eval.task;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSet;
import java.util.Locale;

/** What is made of a record by code, where templates do not suffice. */
final class Preparations {
  private static final ImmutableSet<String> POSSESSIVE =
      ImmutableSet.of("my", "his", "her", "our", "their");
  private static final ImmutableSet<String> CAPITAL =
      ImmutableSet.of("A", "An", "The", "She", "He", "It", "They", "My", "His", "Her", "Their");

  private Preparations() {}

  /**
   * Returns the record after the preparation {@code name}.
   *
   * @throws IllegalArgumentException if there is no such preparation, or the record does not suit
   */
  static JsonNode apply(String name, JsonNode record) {
    return switch (name) {
      case "" -> record;
      case "wsc273" -> wsc273(record);
      default -> throw new IllegalArgumentException("there is no preparation \"" + name + "\"");
    };
  }

  /**
   * Puts each option in the pronoun's place. Double spaces of the text are collapsed before the
   * pronoun's place is counted, as in the harness.
   */
  private static ObjectNode wsc273(JsonNode record) {
    String text = record.path("text").asText().replace("  ", " ");
    String pronoun = record.path("pronoun").asText();
    int place = record.path("pronoun_loc").asInt();
    if (place < 2 || place + pronoun.length() > text.length()) {
      throw new IllegalArgumentException("pronoun_loc (" + place + ") must lie in the text");
    }
    ObjectNode prepared = JsonNodeFactory.instance.objectNode();
    record.properties().forEach(entry -> prepared.set(entry.getKey(), entry.getValue()));
    ArrayNode contexts = prepared.putArray("contexts");
    for (JsonNode option : record.path("options")) {
      contexts.add(text.substring(0, place) + inPlace(option.asText(), text, pronoun, place));
    }
    return prepared.put("continuation", text.substring(place + pronoun.length()));
  }

  private static String inPlace(String option, String text, String pronoun, int place) {
    String words = POSSESSIVE.contains(pronoun.toLowerCase(Locale.ROOT)) ? option + "'s" : option;
    String first = Splitter.on(PythonText.SPACE).omitEmptyStrings().split(words).iterator().next();
    boolean beginsSentence = text.charAt(place - 2) == '.';
    return !beginsSentence && CAPITAL.contains(first)
        ? words.replace(first, first.toLowerCase(Locale.ROOT))
        : words;
  }
}
