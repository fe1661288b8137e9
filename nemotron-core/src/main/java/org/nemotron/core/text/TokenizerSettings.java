package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.nemotron.core.io.JsonFiles;

/**
 * What the files beside a tokenizer.json say of it: tokenizer_config.json and, as in transformers
 * only where that lists no {@code added_tokens_decoder}, special_tokens_map.json and
 * added_tokens.json. Immutable.
 *
 * @param source the file that lists the tokens with ids
 * @param numbered tokens with the ids that they are said to have
 * @param named tokens with a role, such as the one that begins a text; they are special
 * @param begin the token that begins a text, or an empty text
 * @param end the token that ends one, or an empty text
 * @param saysEnds whether it is said which of the two are put around a text
 * @param addsBegin whether {@code begin} is put before a text, where this is said
 * @param addsEnd whether {@code end} is put behind a text, where this is said
 */
record TokenizerSettings(
    Path source,
    ImmutableSortedMap<Integer, AddedToken> numbered,
    ImmutableList<AddedToken> named,
    String begin,
    String end,
    boolean saysEnds,
    boolean addsBegin,
    boolean addsEnd) {
  private static final String CONFIG = "tokenizer_config.json";
  private static final String ROLES = "special_tokens_map.json";
  private static final String IDS = "added_tokens.json";

  private static final String DECODER = "added_tokens_decoder";
  private static final String BEGIN = "bos_token";
  private static final String END = "eos_token";
  private static final String ADDS_BEGIN = "add_bos_token";
  private static final String ADDS_END = "add_eos_token";

  private static final ImmutableList<String> ROLE_KEYS =
      ImmutableList.of(
          BEGIN, END, "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");

  private static final ImmutableList<String> LIST_KEYS =
      ImmutableList.of("additional_special_tokens", "extra_special_tokens");

  static TokenizerSettings read(Path directory) throws IOException {
    Path file = directory.resolve(CONFIG);
    JsonNode config = object(file);
    if (config.hasNonNull(DECODER)) {
      Reader reader = new Reader(file, config, config);
      return reader.settings(file, reader.numbered(config.path(DECODER)));
    }
    Reader reader = new Reader(file, config, object(directory.resolve(ROLES)));
    Path ids = directory.resolve(IDS);
    return reader.settings(ids, numberedByText(ids, reader.named()));
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
        throw new IOException(
            file + ": " + entry.getKey() + " (" + id + ") must be a token id");
      }
      boolean special =
          named.stream().anyMatch(token -> token.content().equals(entry.getKey()));
      AddedToken other =
          numbered.put(id.asInt(), AddedToken.plain(entry.getKey(), special));
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

  /** Reads keys of the settings; those of special_tokens_map.json go first. */
  private record Reader(Path file, JsonNode config, JsonNode roles) {
    TokenizerSettings settings(Path source, ImmutableSortedMap<Integer, AddedToken> numbered)
        throws IOException {
      return new TokenizerSettings(
          source,
          numbered,
          named(),
          content(BEGIN),
          content(END),
          config.has(ADDS_BEGIN) || config.has(ADDS_END),
          flag(ADDS_BEGIN),
          flag(ADDS_END));
    }

    ImmutableList<AddedToken> named() throws IOException {
      ImmutableList.Builder<AddedToken> named = ImmutableList.builder();
      for (String key : ROLE_KEYS) {
        if (!isNone(value(key))) {
          named.add(token(key, value(key)));
        }
      }
      for (String key : LIST_KEYS) {
        for (JsonNode value : value(key)) {
          named.add(token(key, value));
        }
      }
      return named.build();
    }

    private JsonNode value(String key) {
      return isNone(roles.path(key)) ? config.path(key) : roles.path(key);
    }

    private static boolean isNone(JsonNode value) {
      return value.isMissingNode() || value.isNull();
    }

    private String content(String key) throws IOException {
      JsonNode value = value(key);
      return isNone(value) ? "" : token(key, value).content();
    }

    private AddedToken token(String key, JsonNode value) throws IOException {
      if (value.isTextual()) {
        return new AddedToken(value.asText(), false, false, false, false, true);
      }
      if (!value.path(AddedToken.CONTENT).isTextual()) {
        throw new IOException(
            file + ": " + key + " (" + value + ") must be a text, or an object with its content");
      }
      return AddedToken.of(value).asSpecial();
    }

    private boolean flag(String key) throws IOException {
      JsonNode value = config.path(key);
      if (!isNone(value) && !value.isBoolean()) {
        throw new IOException(file + ": " + key + " (" + value + ") must be true or false");
      }
      return value.asBoolean();
    }

    private ImmutableSortedMap<Integer, AddedToken> numbered(JsonNode decoder)
        throws IOException {
      ImmutableSortedMap.Builder<Integer, AddedToken> numbered =
          ImmutableSortedMap.naturalOrder();
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
}
