package org.nemotron.core.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The bytes that each token of a vocabulary adds to a text in UTF-8, a part of a character
 * included. Special tokens add none. Immutable.
 */
public final class TokenBytes {
  private static final byte[] NOTHING = {};
  private static final Pattern BYTE_TOKEN = Pattern.compile("<0x[0-9A-F]{2}>");
  private static final String SENTENCEPIECE_SPACE = "\u2581";

  private final byte[][] bytes;

  private TokenBytes(byte[][] bytes) {
    this.bytes = bytes;
  }

  /**
   * Returns the vocabulary whose token i adds {@code texts.get(i)}, an empty text for a special
   * one.
   */
  public static TokenBytes of(ImmutableList<String> texts) {
    return new TokenBytes(
        texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new));
  }

  /**
   * Reads a tokenizer.json.
   *
   * @throws IllegalArgumentException if its decoder is neither byte-level nor SentencePiece's
   */
  static TokenBytes read(byte[] json) {
    try {
      return of(TokenizerParts.of(new String(json, StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the tokenizer was made of the same text
    }
  }

  static TokenBytes of(TokenizerParts parts) {
    Decoding decoding = Decoding.of(parts.decoder());
    int size = 0;
    for (int id : parts.vocabulary().values()) {
      size = Math.max(size, id + 1);
    }
    for (JsonNode added : parts.addedTokens()) {
      size = Math.max(size, added.path(AddedToken.ID).asInt() + 1);
    }
    byte[][] bytes = new byte[size][];
    Arrays.fill(bytes, NOTHING);
    for (Map.Entry<String, Integer> entry : parts.vocabulary().entrySet()) {
      bytes[entry.getValue()] = decoding.bytes(entry.getKey());
    }
    for (JsonNode added : parts.addedTokens()) {
      boolean special = added.path("special").asBoolean();
      String content = added.path(AddedToken.CONTENT).asText();
      bytes[added.path(AddedToken.ID).asInt()] =
          special ? NOTHING : content.getBytes(StandardCharsets.UTF_8);
    }
    return new TokenBytes(bytes);
  }

  /** Returns how many tokens there are; the ids go from 0. */
  public int size() {
    return bytes.length;
  }

  /** Returns a copy of the bytes of token {@code id}: none for a special token. */
  public byte[] bytes(int id) {
    return bytes[id].clone();
  }

  /** How the texts of a vocabulary stand for bytes. */
  private enum Decoding {
    /** As GPT-2: a character for each byte. */
    BYTE_LEVEL {
      @Override
      byte[] bytes(String text) {
        byte[] decoded = new byte[text.length()];
        for (int i = 0; i < decoded.length; i++) {
          int value = ByteLevel.value(text.charAt(i));
          if (value < 0) {
            return text.getBytes(StandardCharsets.UTF_8);
          }
          decoded[i] = (byte) value;
        }
        return decoded;
      }
    },
    /** As SentencePiece: plain text with another character for the space, and tokens for bytes. */
    SENTENCEPIECE {
      @Override
      byte[] bytes(String text) {
        return BYTE_TOKEN.matcher(text).matches()
            ? new byte[] {(byte) Integer.parseInt(text.substring(3, 5), 16)}
            : text.replace(SENTENCEPIECE_SPACE, " ").getBytes(StandardCharsets.UTF_8);
      }
    };

    abstract byte[] bytes(String text);

    static Decoding of(JsonNode decoder) {
      Set<String> types = new HashSet<>(decoder.findValuesAsText("type"));
      if (types.contains("ByteLevel")) {
        return BYTE_LEVEL;
      }
      if (types.contains("Metaspace") || types.contains("ByteFallback")) {
        return SENTENCEPIECE;
      }
      throw new IllegalArgumentException(
          "the bytes of the tokens are not known: the tokenizer's decoder ("
              + types
              + ") must be byte-level, or SentencePiece's");
    }
  }
}
