package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The tokens of a tokenizer_config.json that have a role, such as {@code bos_token}, and those that
 * it lists as special without one.
 */
final class TokenRoles {
  /** The roles that every tokenizer may have, in the order in which transformers numbers them. */
  private static final ImmutableList<String> COMMON =
      ImmutableList.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final String ROLE = "_token";
  private static final String EXTRA = "extra_special_tokens";
  private static final String OLD_EXTRA = "additional_special_tokens";

  private final Path file;
  private final JsonNode config;

  TokenRoles(Path file, JsonNode config) {
    this.file = file;
    this.config = config;
  }

  /** Returns the tokens, all of them special. */
  ImmutableList<AddedToken> tokens() throws IOException {
    ImmutableList.Builder<AddedToken> tokens = ImmutableList.builder();
    for (String key : COMMON) {
      if (config.hasNonNull(key)) {
        tokens.add(token(key, config.path(key)));
      }
    }
    for (Map.Entry<String, JsonNode> entry : config.properties()) {
      String key = entry.getKey();
      // add_bos_token and the like are true or false.
      if (key.endsWith(ROLE) && !COMMON.contains(key) && entry.getValue().isTextual()) {
        tokens.add(token(key, entry.getValue()));
      }
    }
    String key = isEmpty(EXTRA) ? OLD_EXTRA : EXTRA;
    for (JsonNode value : config.path(key)) {
      tokens.add(token(key, value));
    }
    return tokens.build();
  }

  private boolean isEmpty(String key) {
    return config.path(key).isEmpty();
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
}
