package org.nemotron.core.checkpoint.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nemotron.core.checkpoint.file.JsonFile;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;

/**
 * The chat templates of a GGUF file: one under {@code tokenizer.chat_template}, and others under
 * {@code tokenizer.chat_template.NAME}. A tokenizer_config.json has one as a text, several as a
 * list of names and texts.
 */
final class GgufChatTemplates {
  static final String KEY = "tokenizer.chat_template";
  private static final String KEY_IN_CONFIG = "chat_template";
  private static final String DEFAULT = "default";

  private GgufChatTemplates() {}

  static void putTo(ObjectNode config, GgufKeys keys) throws CheckpointFormatException {
    Map<String, String> named = new TreeMap<>();
    for (String key : keys.values().keySet()) {
      if (key.startsWith(KEY + ".")) {
        named.put(key.substring(KEY.length() + 1), keys.optionalText(key).orElseThrow());
      }
    }
    Optional<String> main = keys.optionalText(KEY);
    if (named.isEmpty()) {
      main.ifPresent(template -> config.put(KEY_IN_CONFIG, template));
      return;
    }
    ArrayNode list = config.putArray(KEY_IN_CONFIG);
    main.ifPresent(template -> add(list, DEFAULT, template));
    named.forEach((name, template) -> add(list, name, template));
  }

  /**
   * Returns the keys of the chat templates of the tokenizer in {@code directory}: that of
   * chat_template.jinja, or else those of its tokenizer_config.json.
   */
  static ImmutableMap<String, GgufValue> read(Path directory, JsonFile config) throws IOException {
    Path file = directory.resolve("chat_template.jinja");
    if (Files.exists(file)) {
      return ImmutableMap.of(KEY, GgufValue.of(Files.readString(file)));
    }
    JsonNode templates = config.node().path(KEY_IN_CONFIG);
    if (templates.isTextual()) {
      return ImmutableMap.of(KEY, GgufValue.of(templates.asText()));
    }
    ImmutableMap.Builder<String, GgufValue> values = ImmutableMap.builder();
    for (JsonNode named : templates) {
      String name = named.path("name").asText();
      values.put(
          name.equals(DEFAULT) ? KEY : KEY + "." + name,
          GgufValue.of(named.path("template").asText()));
    }
    return values.buildKeepingLast();
  }

  private static void add(ArrayNode list, String name, String template) {
    list.addObject().put("name", name).put("template", template);
  }
}
