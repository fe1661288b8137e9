package org.nemotron.runtime.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The JSON files of a Hugging Face directory that a model can do without. */
public final class ConfigFiles {
  /** How answers are generated: end tokens and sampling parameters. */
  public static final String GENERATION = "generation_config.json";

  /** Chat template and special tokens. */
  public static final String TOKENIZER = "tokenizer_config.json";

  private static final ObjectMapper JSON = new ObjectMapper();

  private ConfigFiles() {}

  /**
   * Returns the content of {@code file}; an empty object where there is no such file.
   *
   * @throws IOException if it is not JSON
   */
  public static JsonNode read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return JSON.createObjectNode();
    }
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not JSON (" + e.getOriginalMessage() + ")", e);
    }
  }
}
