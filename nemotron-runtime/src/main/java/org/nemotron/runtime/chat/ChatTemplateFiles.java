package org.nemotron.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.runtime.config.ConfigFiles;

/** Where a checkpoint keeps its chat template and the texts of its special tokens. */
final class ChatTemplateFiles {
  private static final String TEMPLATE = "chat_template.jinja";
  private static final String KEY = "chat_template";

  private ChatTemplateFiles() {}

  static Optional<ChatTemplate> read(Path directory) throws IOException {
    Path configFile = directory.resolve(ConfigFiles.TOKENIZER);
    JsonNode config = ConfigFiles.read(configFile);
    Path file = directory.resolve(TEMPLATE);
    boolean ownFile = Files.exists(file);
    Optional<String> source =
        ownFile ? Optional.of(Files.readString(file)) : source(configFile, config.path(KEY));
    if (source.isEmpty()) {
      return Optional.empty();
    }
    checkLength(ownFile ? file : configFile, source.orElseThrow().length());
    return Optional.of(ChatTemplate.of(source.orElseThrow(), specialTokens(config)));
  }

  private static void checkLength(Path file, int chars) throws IOException {
    if (chars > ChatTemplate.MAX_SOURCE_CHARS) {
      throw new IOException(
          String.format(
              "%s: a chat template of %s characters must have at most %s",
              file, chars, ChatTemplate.MAX_SOURCE_CHARS));
    }
  }

  /** Returns the template that is a string, or of a list of named ones the default. */
  private static Optional<String> source(Path file, JsonNode template) throws IOException {
    if (template.isMissingNode() || template.isNull()) {
      return Optional.empty();
    }
    if (template.isTextual()) {
      return Optional.of(template.asText());
    }
    for (JsonNode named : template) {
      if (named.path("name").asText().equals("default") && named.path("template").isTextual()) {
        return Optional.of(named.path("template").asText());
      }
    }
    throw new IOException(
        file + ": " + KEY + " must be a string, or a list with a template named \"default\"");
  }

  /** Returns the texts of bos_token, eos_token and the like: strings, or objects that have one. */
  private static ImmutableMap<String, String> specialTokens(JsonNode config) {
    ImmutableMap.Builder<String, String> tokens = ImmutableMap.builder();
    for (var entry : config.properties()) {
      JsonNode token = entry.getValue();
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (entry.getKey().endsWith("_token") && text.isTextual()) {
        tokens.put(entry.getKey(), text.asText());
      }
    }
    return tokens.buildOrThrow();
  }
}
