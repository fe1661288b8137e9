package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The added tokens of a tokenizer.json and of the files beside it, numbered as tokenizers does: one
 * that the vocabulary has keeps its id, any other gets the next one. An id that is said to be
 * another is refused, since the model's embedding would be that of another text.
 */
final class AddedTokens {
  private final Map<String, Integer> vocabulary;
  private final Map<String, Integer> ids = new LinkedHashMap<>();
  private final Map<String, AddedToken> tokens = new LinkedHashMap<>();
  private int next;
  private boolean complete = true;

  private AddedTokens(Map<String, Integer> vocabulary) {
    this.vocabulary = vocabulary;
    this.next = vocabulary.size();
  }

  static AddedTokens of(Path file, TokenizerParts parts, TokenizerSettings settings)
      throws IOException {
    AddedTokens all = new AddedTokens(parts.vocabulary());
    for (JsonNode entry : parts.addedTokens()) {
      AddedToken token = AddedToken.of(entry);
      all.tokens.put(token.content(), token);
      all.checkId(file, token, entry.path(AddedToken.ID).asInt(), all.number(token));
    }
    for (Map.Entry<Integer, AddedToken> entry : settings.numbered().entrySet()) {
      AddedToken token = entry.getValue();
      all.add(token);
      all.checkId(settings.source(), token, entry.getKey(), all.number(token));
    }
    settings.named().forEach(all::addNamed);
    return all;
  }

  private int number(AddedToken token) {
    Integer known = vocabulary.get(token.content());
    int id = ids.computeIfAbsent(token.content(), content -> known == null ? next : known);
    next = Math.max(next, id + 1);
    return id;
  }

  private void checkId(Path source, AddedToken token, int said, int id) throws IOException {
    if (said != id) {
      throw new IOException(
          source
              + ": the added token "
              + token.content()
              + " ("
              + said
              + ") must have the id "
              + id
              + ", "
              + (vocabulary.containsKey(token.content())
                  ? "which it has in the vocabulary"
                  : "the next one behind the vocabulary and the added tokens before it")
              + ".\nMaybe the file belongs to another tokenizer.");
    }
  }

  private void add(AddedToken token) {
    if (!token.equals(tokens.put(token.content(), token))) {
      complete = false;
    }
  }

  /** Adds a token with a role; one that is there keeps what it does with white space. */
  private void addNamed(AddedToken token) {
    AddedToken known = tokens.get(token.content());
    add(known == null ? token : known.asSpecial());
    int unused = number(token);
  }

  /** Returns whether tokenizer.json has all of them. */
  boolean isComplete() {
    return complete;
  }

  /** Returns the id of an added token. */
  int id(String content) {
    return ids.getOrDefault(content, vocabulary.getOrDefault(content, -1));
  }

  /** Returns the list that a tokenizer.json has. */
  ArrayNode toJson() {
    ArrayNode json = JsonNodeFactory.instance.arrayNode();
    tokens.values().forEach(token -> json.add(token.toJson(id(token.content()))));
    return json;
  }
}
