package org.nemotron.runtime.chat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.io.MoreFiles;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.nemotron.runtime.config.ConfigFiles;

/** Where a checkpoint keeps its chat templates. */
final class ChatTemplateFiles {
  private static final String TEMPLATE = "chat_template.jinja";
  private static final String MORE_TEMPLATES = "additional_chat_templates";
  private static final String KEY = "chat_template";
  private static final String DEFAULT = "default";
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private ChatTemplateFiles() {}

  static Optional<ChatTemplate> read(Path directory) throws IOException {
    Path configFile = directory.resolve(ConfigFiles.TOKENIZER);
    JsonNode config = ConfigFiles.read(configFile);
    Map<String, String> sources = inFiles(directory);
    if (sources.isEmpty()) {
      sources = in(configFile, config.path(KEY));
    }
    if (sources.isEmpty()) {
      return Optional.empty();
    }
    if (!sources.containsKey(DEFAULT)) {
      throw new IOException(
          directory
              + ": of the chat templates "
              + String.join(", ", sources.keySet())
              + " one must be named \"default\"");
    }
    return Optional.of(ChatTemplate.ofNamed(sources, SpecialTokens.read(directory, config)));
  }

  /** Returns the templates that are files, by name. */
  private static Map<String, String> inFiles(Path directory) throws IOException {
    Map<String, String> sources = new TreeMap<>();
    Path file = directory.resolve(TEMPLATE);
    if (Files.exists(file)) {
      sources.put(DEFAULT, source(file));
    }
    Path more = directory.resolve(MORE_TEMPLATES);
    if (Files.isDirectory(more)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(more, "*.jinja")) {
        for (Path named : files) {
          sources.put(MoreFiles.getNameWithoutExtension(named), source(named));
        }
      }
    }
    return sources;
  }

  private static String source(Path file) throws IOException {
    try {
      String text = Files.readString(file);
      String source = text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
      checkLength(file, source);
      return source;
    } catch (CharacterCodingException e) {
      throw new IOException(file + " is not UTF-8", e);
    }
  }

  private static void checkLength(Path file, String source) throws IOException {
    if (source.length() > ChatTemplate.MAX_SOURCE_CHARS) {
      throw new IOException(
          String.format(
              "%s: a chat template of %s characters must have at most %s",
              file, source.length(), ChatTemplate.MAX_SOURCE_CHARS));
    }
  }

  /** Returns the templates of a configuration: one that is a string, or a list of named ones. */
  private static Map<String, String> in(Path file, JsonNode template) throws IOException {
    if (template.isMissingNode() || template.isNull()) {
      return new TreeMap<>();
    }
    Map<String, String> sources = new TreeMap<>();
    if (template.isTextual()) {
      sources.put(DEFAULT, template.asText());
    }
    for (JsonNode named : template) {
      if (named.path("name").isTextual() && named.path("template").isTextual()) {
        sources.put(named.path("name").asText(), named.path("template").asText());
      }
    }
    if (!sources.containsKey(DEFAULT)) {
      throw new IOException(
          file + ": " + KEY + " must be a string, or a list with a template named \"default\"");
    }
    for (String source : sources.values()) {
      checkLength(file, source);
    }
    return sources;
  }
}
