package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A text that a tokenizer keeps whole. Immutable.
 *
 * @param content the text
 * @param singleWord whether it counts only between characters that are no letters or digits
 * @param lstrip whether it takes in white space before it
 * @param rstrip whether it takes in white space behind it
 * @param normalized whether it is looked for in the normalized text, not in the text as given
 * @param special whether decoding can leave it out
 */
record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    boolean normalized,
    boolean special) {
  static final String ID = "id";
  static final String CONTENT = "content";

  private static final String SINGLE_WORD = "single_word";
  private static final String LSTRIP = "lstrip";
  private static final String RSTRIP = "rstrip";
  private static final String NORMALIZED = "normalized";
  private static final String SPECIAL = "special";

  /** Returns the token that {@code json} describes; what it leaves out is as in tokenizers. */
  static AddedToken of(JsonNode json) {
    boolean special = json.path(SPECIAL).asBoolean();
    return new AddedToken(
        json.path(CONTENT).asText(),
        json.path(SINGLE_WORD).asBoolean(),
        json.path(LSTRIP).asBoolean(),
        json.path(RSTRIP).asBoolean(),
        json.path(NORMALIZED).asBoolean(!special),
        special);
  }

  /** Returns a token that is nothing but its text. */
  static AddedToken plain(String content, boolean special) {
    return new AddedToken(content, false, false, false, !special, special);
  }

  /** Returns this token as special. */
  AddedToken asSpecial() {
    return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
  }

  /** Returns the entry of a tokenizer.json. */
  ObjectNode toJson(int id) {
    return JsonNodeFactory.instance
        .objectNode()
        .put(ID, id)
        .put(CONTENT, content)
        .put(SINGLE_WORD, singleWord)
        .put(LSTRIP, lstrip)
        .put(RSTRIP, rstrip)
        .put(NORMALIZED, normalized)
        .put(SPECIAL, special);
  }
}
