package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Predicate;

/**
 * How many characters a token stands for at most, so that the length of a text says how many tokens
 * it has at least.
 *
 * <p>Known only where nothing of a text is left out, joined or shortened before it is divided into
 * tokens: byte-pair encoding that has a token for each byte, without normalization but for the
 * spaces of SentencePiece, without pre-tokenizers that remove what they divide at, and without
 * added tokens that take in white space.
 */
final class TokenLengths {
  /** Not known. */
  static final int UNKNOWN = 0;

  private static final String TYPE = "type";
  private static final String SPACE = "\u2581";
  private static final int BYTES = 256;
  private static final ImmutableSet<String> DIVIDING =
      ImmutableSet.of("ByteLevel", "Metaspace", "Digits");
  private static final ImmutableSet<String> KEEPING_SPLITS =
      ImmutableSet.of("Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private TokenLengths() {}

  /**
   * Returns the length of the longest token of a tokenizer.json; {@link #UNKNOWN} where it may not
   * be a bound.
   */
  static int longest(byte[] json) {
    try {
      return longest(TokenizerParts.of(new String(json, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the tokenizer was made of the same text
    }
  }

  private static int longest(TokenizerParts parts) {
    if (!keepsTexts(parts) || !hasAllBytes(parts)) {
      return UNKNOWN;
    }
    int longest = 1;
    TokenBytes bytes;
    try {
      bytes = TokenBytes.of(parts);
    } catch (IllegalArgumentException e) { // an unknown decoder
      return UNKNOWN;
    }
    for (int token = 0; token < bytes.size(); token++) {
      longest = Math.max(longest, bytes.bytes(token).length); // a character has a byte at least
    }
    for (JsonNode added : parts.addedTokens()) {
      longest = Math.max(longest, AddedToken.of(added).content().length());
    }
    return longest;
  }

  private static boolean keepsTexts(TokenizerParts parts) {
    for (JsonNode json : parts.addedTokens()) {
      AddedToken added = AddedToken.of(json);
      if (added.lstrip() || added.rstrip()) {
        return false;
      }
    }
    return parts.modelSetting(TYPE).equals("BPE")
        && parts.modelSetting("continuing_subword_prefix").isEmpty()
        && parts.modelSetting("end_of_word_suffix").isEmpty()
        && all(parts.normalizer(), "normalizers", TokenLengths::isOfSpaces)
        && all(parts.preTokenizer(), "pretokenizers", TokenLengths::removesNothing);
  }

  /** Returns whether all steps of a sequence, or the only one, are so. */
  private static boolean all(JsonNode step, String steps, Predicate<JsonNode> condition) {
    if (step.isNull() || step.isMissingNode()) {
      return true;
    }
    if (!step.path(TYPE).asText().equals("Sequence")) {
      return condition.test(step);
    }
    for (JsonNode each : step.path(steps)) {
      if (!all(each, steps, condition)) {
        return false;
      }
    }
    return true;
  }

  /** A space before the text, or another character for each space. */
  private static boolean isOfSpaces(JsonNode normalizer) {
    return switch (normalizer.path(TYPE).asText()) {
      case "Prepend" -> true;
      case "Replace" ->
          normalizer.path("pattern").path("String").asText().equals(" ")
              && normalizer.path("content").asText().equals(SPACE);
      default -> false;
    };
  }

  private static boolean removesNothing(JsonNode preTokenizer) {
    String type = preTokenizer.path(TYPE).asText();
    return DIVIDING.contains(type)
        || (type.equals("Split")
            && KEEPING_SPLITS.contains(preTokenizer.path("behavior").asText()));
  }

  /** Returns whether no part of a text is an unknown token, of which one may stand for many. */
  private static boolean hasAllBytes(TokenizerParts parts) {
    Map<String, Integer> vocabulary = parts.vocabulary();
    boolean byteLevel = parts.preTokenizer().findValuesAsText(TYPE).contains("ByteLevel");
    if (byteLevel) {
      long characters =
          vocabulary.keySet().stream()
              .filter(text -> text.length() == 1 && ByteLevel.value(text.charAt(0)) >= 0)
              .count();
      return characters == BYTES;
    }
    if (!parts.modelSetting("byte_fallback").equals("true")) {
      return false;
    }
    for (int value = 0; value < BYTES; value++) {
      if (!vocabulary.containsKey(String.format("<0x%02X>", value))) {
        return false;
      }
    }
    return true;
  }
}
