package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.io.JsonFiles;

/**
 * The tokens that begin and end a text, as transformers finds them: in tokenizer_config.json, in
 * special_tokens_map.json, or else as the class of the tokenizer has them.
 *
 * @param begin the text of bos_token; empty where there is none
 * @param end the text of eos_token; empty where there is none
 * @param addsBegin whether a file says that texts begin with {@code begin}
 */
record TextEnds(String begin, String end, boolean addsBegin) {
  private static final String BEGIN = "bos_token";
  private static final String END = "eos_token";

  /** What classes of tokenizers have where no file names them. */
  private static final ImmutableMap<String, TextEnds> OF_CLASSES =
      ImmutableMap.of(
          "LlamaTokenizer", new TextEnds("<s>", "</s>", false),
          "Qwen2Tokenizer", new TextEnds("", "<|endoftext|>", false),
          "GPT2Tokenizer", new TextEnds("<|endoftext|>", "<|endoftext|>", false),
          "GemmaTokenizer", new TextEnds("<bos>", "<eos>", false),
          "CohereTokenizer", new TextEnds("<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", false));

  static TextEnds read(Path directory) throws IOException {
    JsonNode config = json(directory.resolve("tokenizer_config.json"));
    JsonNode roles =
        config.has("added_tokens_decoder")
            ? JsonNodeFactory.instance.objectNode()
            : json(directory.resolve("special_tokens_map.json"));
    String className = config.path("tokenizer_class").asText().replaceAll("Fast$", "");
    TextEnds usual = OF_CLASSES.getOrDefault(className, new TextEnds("", "", false));
    return new TextEnds(
        token(BEGIN, config, roles, usual.begin()),
        token(END, config, roles, usual.end()),
        config.path("add_bos_token").asBoolean());
  }

  private static JsonNode json(Path file) throws IOException {
    return Files.exists(file) ? JsonFiles.read(file) : JsonNodeFactory.instance.objectNode();
  }

  private static String token(String role, JsonNode config, JsonNode roles, String usual) {
    if (roles.hasNonNull(role)) {
      return text(roles.path(role));
    }
    return config.has(role) ? text(config.path(role)) : usual;
  }

  /** A token is a string, or an object that has one; null says that there is none. */
  private static String text(JsonNode token) {
    JsonNode text = token.isObject() ? token.path("content") : token;
    return text.isTextual() ? text.asText() : "";
  }
}
