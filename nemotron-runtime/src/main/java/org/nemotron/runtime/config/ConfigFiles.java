package org.nemotron.runtime.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.io.JsonFiles;

/** The JSON files of a Hugging Face directory that a model can do without. */
public final class ConfigFiles {
  /** How answers are generated: end tokens and sampling parameters. */
  public static final String GENERATION = "generation_config.json";

  /** The model; older ones have sampling parameters there. */
  public static final String MODEL = "config.json";

  /** Chat template and special tokens. */
  public static final String TOKENIZER = "tokenizer_config.json";

  private ConfigFiles() {}

  /**
   * Returns the content of {@code file}; an empty object where there is no such file.
   *
   * @throws IOException if it is not a JSON object; the message names it
   */
  public static JsonNode read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return JsonNodeFactory.instance.objectNode();
    }
    JsonNode content = JsonFiles.read(file);
    if (!content.isObject()) {
      throw new IOException(file + " must hold a JSON object");
    }
    return content;
  }
}
