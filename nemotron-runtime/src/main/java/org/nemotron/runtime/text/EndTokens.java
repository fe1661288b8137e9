package org.nemotron.runtime.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.spec.SpecialTokens;

/**
 * The tokens that end an answer. Immutable.
 *
 * <p>As in Hugging Face transformers, those that generation_config.json names count; where it names
 * none, those of config.json.
 */
public record EndTokens(ImmutableSet<Integer> ids) {
  private static final String FILE = "generation_config.json";
  private static final String KEY = "eos_token_id";
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * Returns the end tokens of the checkpoint in {@code directory}.
   *
   * @param config what its config.json says
   * @throws IOException if generation_config.json is damaged
   */
  public static EndTokens read(Path directory, SpecialTokens config) throws IOException {
    Path file = directory.resolve(FILE);
    JsonNode named = Files.exists(file) ? parse(file).path(KEY) : JSON.missingNode();
    if (named.isMissingNode() || named.isNull()) {
      return new EndTokens(ImmutableSet.copyOf(config.endOfText()));
    }
    ImmutableSet.Builder<Integer> ids = ImmutableSet.builder();
    for (JsonNode id : named.isArray() ? named : JSON.createArrayNode().add(named)) {
      if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
        throw new IOException(
            file + ": " + KEY + " (" + named + ") must be a token id or a list of them");
      }
      ids.add(id.intValue());
    }
    return new EndTokens(ids.build());
  }

  private static JsonNode parse(Path file) throws IOException {
    try {
      return JSON.readTree(file.toFile());
    } catch (JsonProcessingException e) {
      throw new IOException(file + " is not JSON (" + e.getOriginalMessage() + ")", e);
    }
  }

  /** Returns no tokens: an answer ends by its length only. */
  public static EndTokens none() {
    return new EndTokens(ImmutableSet.of());
  }

  /** Returns whether {@code token} ends an answer. */
  public boolean contains(int token) {
    return ids.contains(token);
  }
}
