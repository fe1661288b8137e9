package org.nemotron.core.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.io.JsonFiles;

/**
 * The tokenizer.json of a directory, completed by the files beside it as transformers completes it:
 * with the tokens that only they list.
 */
public final class TokenizerJson {
  static final String FILE = "tokenizer.json";

  private static final JsonMapper JSON = new JsonMapper();

  private TokenizerJson() {}

  /**
   * Returns the completed file as a tree.
   *
   * @throws IOException if a file is missing or malformed, or they contradict each other
   */
  public static ObjectNode tree(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    try {
      if (JSON.readTree(text(directory)) instanceof ObjectNode tokenizer) {
        return tokenizer;
      }
    } catch (JsonProcessingException e) {
      throw notATokenizer(file, e);
    }
    throw new IOException(file + " must hold a JSON object");
  }

  /** Returns the completed file as a text: as it stands where nothing is missing. */
  static String text(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.exists(file)) {
      throw new IOException(file + " is missing");
    }
    String text = JsonFiles.text(file);
    try {
      return completed(file, text, TokenizerSettings.read(directory));
    } catch (JsonProcessingException e) {
      throw notATokenizer(file, e);
    }
  }

  private static String completed(Path file, String text, TokenizerSettings settings)
      throws IOException {
    TokenizerParts parts = TokenizerParts.of(text);
    AddedTokens tokens = AddedTokens.of(file, parts, settings);
    if (tokens.isComplete()) {
      return text;
    }
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(text);
    tokenizer.set(TokenizerParts.ADDED_TOKENS, tokens.toJson());
    return tokenizer.toString();
  }

  private static IOException notATokenizer(Path file, JsonProcessingException e) {
    return new IOException(file + " is not a tokenizer (" + e.getOriginalMessage() + ")", e);
  }
}
