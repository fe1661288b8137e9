package org.nemotron.core.text;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** What a tokenizer.json is completed by, read in one pass over its text without its merges. */
final class TokenizerParts {
  static final String ADDED_TOKENS = "added_tokens";

  private static final JsonMapper JSON = new JsonMapper();

  private JsonNode addedTokens = MissingNode.getInstance();
  private JsonNode decoder = MissingNode.getInstance();
  private JsonNode normalizer = MissingNode.getInstance();
  private JsonNode preTokenizer = MissingNode.getInstance();
  private final Map<String, String> modelSettings = new HashMap<>();
  private final Map<String, Integer> vocabulary = new HashMap<>();

  private TokenizerParts() {}

  static TokenizerParts of(String text) throws IOException {
    TokenizerParts parts = new TokenizerParts();
    try (JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      parts.readObject(parser, parts::readPart);
    }
    return parts;
  }

  /** Reads the value of one key; the parser stands on it. */
  private interface ValueReader {
    void read(String key, JsonParser parser) throws IOException;
  }

  private void readObject(JsonParser parser, ValueReader values) throws IOException {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      parser.skipChildren();
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      values.read(key, parser);
    }
  }

  private void readPart(String key, JsonParser parser) throws IOException {
    switch (key) {
      case ADDED_TOKENS -> addedTokens = parser.readValueAsTree();
      case "decoder" -> decoder = parser.readValueAsTree();
      case "normalizer" -> normalizer = parser.readValueAsTree();
      case "pre_tokenizer" -> preTokenizer = parser.readValueAsTree();
      case "model" -> readObject(parser, this::readModel);
      default -> parser.skipChildren();
    }
  }

  private void readModel(String key, JsonParser parser) throws IOException {
    if (!key.equals("vocab")) {
      if (parser.currentToken().isScalarValue()) {
        modelSettings.put(key, parser.getText());
      }
      parser.skipChildren();
    } else if (parser.currentToken() == JsonToken.START_ARRAY) {
      readPieces(parser);
    } else {
      readObject(parser, (piece, value) -> vocabulary.put(piece, value.getValueAsInt()));
    }
  }

  /** Reads the vocabulary of a Unigram model: pairs of a piece and its score. */
  private void readPieces(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.START_ARRAY) {
      parser.nextToken();
      vocabulary.put(parser.getValueAsString(""), vocabulary.size());
      while (parser.nextToken() != JsonToken.END_ARRAY && parser.currentToken() != null) {
        parser.skipChildren();
      }
    }
  }

  /** Returns the list of added tokens. */
  JsonNode addedTokens() {
    return addedTokens;
  }

  /** Returns what makes a text of tokens. */
  JsonNode decoder() {
    return decoder;
  }

  /** Returns what changes a text before it is divided; null in JSON, or missing, for nothing. */
  JsonNode normalizer() {
    return normalizer;
  }

  /** Returns what divides a text; null in JSON, or missing, for nothing. */
  JsonNode preTokenizer() {
    return preTokenizer;
  }

  /** Returns a setting of the model, such as its type, as written; empty where there is none. */
  String modelSetting(String name) {
    String written = modelSettings.getOrDefault(name, "");
    return written.equals("null") ? "" : written;
  }

  /** Returns the id of each text of the vocabulary, added tokens not included. */
  Map<String, Integer> vocabulary() {
    return vocabulary;
  }
}
