package org.nemotron.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nemotron.runtime.config.ConfigFiles;

/**
 * The texts of bos_token, eos_token and the like, as transformers finds them: in
 * tokenizer_config.json; in special_tokens_map.json, unless the former lists the added tokens; or
 * else what the class of the tokenizer says.
 */
final class SpecialTokens {
  private static final String MAP_FILE = "special_tokens_map.json";
  private static final String SUFFIX = "_token";

  /** What classes of tokenizers take for tokens that no file names. */
  private static final ImmutableMap<String, ImmutableMap<String, String>> CLASS_DEFAULTS =
      ImmutableMap.of(
          "LlamaTokenizer",
          ImmutableMap.of("bos_token", "<s>", "eos_token", "</s>", "unk_token", "<unk>"),
          "Qwen2Tokenizer",
          ImmutableMap.of(
              "eos_token",
              "<|endoftext|>",
              "pad_token",
              "<|endoftext|>",
              "unk_token",
              "<|endoftext|>"),
          "GPT2Tokenizer",
          ImmutableMap.of(
              "bos_token",
              "<|endoftext|>",
              "eos_token",
              "<|endoftext|>",
              "unk_token",
              "<|endoftext|>"),
          "GemmaTokenizer",
          ImmutableMap.of(
              "bos_token",
              "<bos>",
              "eos_token",
              "<eos>",
              "pad_token",
              "<pad>",
              "unk_token",
              "<unk>"),
          "CohereTokenizer",
          ImmutableMap.of(
              "bos_token",
              "<BOS_TOKEN>",
              "eos_token",
              "<|END_OF_TURN_TOKEN|>",
              "pad_token",
              "<PAD>",
              "unk_token",
              "<UNK>"));

  private SpecialTokens() {}

  /** Returns the texts by name. */
  static ImmutableMap<String, String> read(Path directory, JsonNode config) throws IOException {
    Map<String, String> tokens = new LinkedHashMap<>();
    String className = config.path("tokenizer_class").asText().replaceAll("Fast$", "");
    CLASS_DEFAULTS
        .getOrDefault(className, ImmutableMap.of())
        .forEach(
            (name, text) -> {
              if (!config.has(name)) {
                tokens.put(name, text);
              }
            });
    tokens.putAll(in(config));
    if (!config.has("added_tokens_decoder")) {
      tokens.putAll(in(ConfigFiles.read(directory.resolve(MAP_FILE))));
    }
    return ImmutableMap.copyOf(tokens);
  }

  /** Tokens are strings, or objects that have one. */
  private static ImmutableMap<String, String> in(JsonNode json) {
    ImmutableMap.Builder<String, String> tokens = ImmutableMap.builder();
    for (var entry : json.properties()) {
      JsonNode token = entry.getValue();
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (entry.getKey().endsWith(SUFFIX) && text.isTextual()) {
        tokens.put(entry.getKey(), text.asText());
      }
    }
    return tokens.buildOrThrow();
  }
}
