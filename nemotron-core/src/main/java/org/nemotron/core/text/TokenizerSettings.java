package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.nemotron.core.io.JsonFiles;

/**
 * What the files beside a tokenizer.json say of its tokens: tokenizer_config.json and, as in
 * transformers only where that lists no {@code added_tokens_decoder}, special_tokens_map.json and
 * added_tokens.json. Which tokens are put around a text, tokenizer.json alone says. Immutable.
 *
 * @param source the file that lists the tokens with ids
 * @param numbered tokens with the ids that they are said to have
 * @param named tokens with a role, such as the one that begins a text; they are special
 */
record TokenizerSettings(
    Path source,
    ImmutableSortedMap<Integer, AddedToken> numbered,
    ImmutableList<AddedToken> named) {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String ROLES = "special_tokens_map.json";
  private static final String IDS = "added_tokens.json";

  private static final String DECODER = "added_tokens_decoder";
  private static final String SPLIT = "split_special_tokens";

  static TokenizerSettings read(Path directory) throws IOException {
    Path file = directory.resolve(CONFIG);
    JsonNode config = object(file);
    if (config.path(SPLIT).asBoolean()) {
      throw new IOException(
          file + ": split_special_tokens (true) is not supported; it must be false");
    }
    if (config.hasNonNull(DECODER)) {
      return new TokenizerSettings(
          file, numbered(file, config.path(DECODER)), new TokenRoles(file, config).tokens());
    }
    JsonNode roles = object(directory.resolve(ROLES));
    ImmutableList<AddedToken> named = new TokenRoles(file, merged(config, roles)).tokens();
    Path ids = directory.resolve(IDS);
    return new TokenizerSettings(ids, numberedByText(ids, named), named);
  }

  private static JsonNode merged(JsonNode config, JsonNode roles) {
    ObjectNode merged = JsonNodeFactory.instance.objectNode();
    config.properties().forEach(entry -> merged.set(entry.getKey(), entry.getValue()));
    roles.properties().forEach(entry -> merged.set(entry.getKey(), entry.getValue()));
    return merged;
  }

  private static JsonNode object(Path file) throws IOException {
    if (!Files.exists(file)) {
      return JsonNodeFactory.instance.objectNode();
    }
    JsonNode json = JsonFiles.read(file);
    if (!json.isObject()) {
      throw new IOException(file + " must hold a JSON object");
    }
    return json;
  }

  /** Returns the tokens of an added_tokens.json, which has an id for each text. */
  private static ImmutableSortedMap<Integer, AddedToken> numberedByText(
      Path file, ImmutableList<AddedToken> named) throws IOException {
    Map<Integer, AddedToken> numbered = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : object(file).properties()) {
      JsonNode id = entry.getValue();
      if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
        throw new IOException(file + ": " + entry.getKey() + " (" + id + ") must be a token id");
      }
      boolean special = named.stream().anyMatch(token -> token.content().equals(entry.getKey()));
      AddedToken other = numbered.put(id.asInt(), AddedToken.plain(entry.getKey(), special));
      if (other != null) {
        throw new IOException(
            file
                + ": "
                + entry.getKey()
                + " and "
                + other.content()
                + " have the same id ("
                + id
                + ")");
      }
    }
    return ImmutableSortedMap.copyOf(numbered);
  }

  /** Returns the tokens of a tokenizer_config.json, which has an object for each id. */
  private static ImmutableSortedMap<Integer, AddedToken> numbered(Path file, JsonNode decoder)
      throws IOException {
    ImmutableSortedMap.Builder<Integer, AddedToken> numbered = ImmutableSortedMap.naturalOrder();
    for (Map.Entry<String, JsonNode> entry : decoder.properties()) {
      if (!entry.getKey().matches("[0-9]{1,9}")
          || !entry.getValue().path(AddedToken.CONTENT).isTextual()) {
        throw new IOException(
            file
                + ": "
                + DECODER
                + ", "
                + entry.getKey()
                + " ("
                + entry.getValue()
                + ") must be a token id and an object with its content");
      }
      numbered.put(Integer.parseInt(entry.getKey()), AddedToken.of(entry.getValue()));
    }
    return numbered.buildOrThrow();
  }
}
