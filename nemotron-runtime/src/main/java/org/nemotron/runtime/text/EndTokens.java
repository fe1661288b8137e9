package org.nemotron.runtime.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.spec.SpecialTokens;
import org.nemotron.runtime.config.ConfigFiles;

/**
 * The tokens that end an answer. Immutable.
 *
 * <p>As in Hugging Face transformers, those that generation_config.json names count. Where it names
 * none, those of config.json do; transformers would then end no answer but by its length.
 */
public record EndTokens(ImmutableSet<Integer> ids) {
  private static final String KEY = "eos_token_id";

  /**
   * Returns the end tokens of the checkpoint in {@code directory}.
   *
   * @throws IOException if config.json is missing, or it or generation_config.json is malformed
   */
  public static EndTokens read(Path directory) throws IOException {
    return read(directory, ModelSpecReader.read(directory).specialTokens());
  }

  /**
   * Returns the end tokens of the checkpoint in {@code directory}.
   *
   * @param config the special tokens of its config.json
   * @throws IOException if generation_config.json is malformed
   */
  public static EndTokens read(Path directory, SpecialTokens config) throws IOException {
    Path file = directory.resolve(ConfigFiles.GENERATION);
    JsonNode named = ConfigFiles.read(file).path(KEY);
    if (named.isMissingNode() || named.isNull() || (named.isArray() && named.isEmpty())) {
      return new EndTokens(ImmutableSet.copyOf(config.endOfText()));
    }
    ImmutableSet.Builder<Integer> ids = ImmutableSet.builder();
    for (JsonNode id : named.isArray() ? named : ImmutableList.of(named)) {
      if (!id.canConvertToInt() || !id.isIntegralNumber() || id.intValue() < 0) {
        throw new IOException(
            file + ": " + KEY + " (" + named + ") must be a token id or a list of them");
      }
      ids.add(id.intValue());
    }
    return new EndTokens(ids.build());
  }

  /** Returns no tokens: an answer ends by its length only. */
  public static EndTokens none() {
    return new EndTokens(ImmutableSet.of());
  }

  /** Returns these tokens and {@code id}. */
  public EndTokens and(int id) {
    return new EndTokens(ImmutableSet.<Integer>builder().addAll(ids).add(id).build());
  }

  /** Returns whether {@code token} ends an answer. */
  public boolean contains(int token) {
    return ids.contains(token);
  }
}
