package org.nemotron.runtime.server.wire;

import com.google.common.primitives.ImmutableIntArray;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nemotron.core.text.TokenBytes;
import org.nemotron.core.text.Tokenizer;

/**
 * The text of each token as it stands inside of a text, so that a leading space is kept. A part of
 * a character is a replacement character. Safe for use by several threads.
 */
public final class TokenTexts {
  private static final String BEFORE = "a";

  private final Tokenizer tokenizer;
  private final ImmutableIntArray before;
  private final String beforeText;
  private final Map<Integer, Integer> lengths = new ConcurrentHashMap<>();
  private final Map<Integer, String> known = new ConcurrentHashMap<>();

  /** Makes the texts of a tokenizer's tokens, each when it is first asked for. */
  public TokenTexts(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.before = tokenizer.encode(BEFORE);
    this.beforeText = tokenizer.decode(before);
  }

  /** Returns the text of {@code token}, special or not. */
  public String text(int token) {
    return known.computeIfAbsent(token, this::decoded);
  }

  /**
   * Returns the bytes of {@code token}, from which a caller puts divided characters together. Of a
   * tokenizer whose bytes are not known, and of special tokens, they are those of the text.
   */
  public byte[] bytes(int token) {
    try {
      TokenBytes all = tokenizer.tokenBytes();
      byte[] own = token < all.size() ? all.bytes(token) : new byte[0];
      return own.length > 0 ? own : text(token).getBytes(StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) { // no known kind
      return text(token).getBytes(StandardCharsets.UTF_8);
    }
  }

  /**
   * Returns how many characters {@code token} adds to an answer; none where it is special, unless
   * the answer has such tokens.
   */
  public int length(int token, boolean specialTokens) {
    return specialTokens ? text(token).length() : plainLength(token);
  }

  private int plainLength(int token) {
    return lengths.computeIfAbsent(token, this::decodedLength);
  }

  private int decodedLength(int token) {
    ImmutableIntArray anchored = ImmutableIntArray.builder().addAll(before).add(token).build();
    return Math.max(0, tokenizer.decodeText(anchored).length() - beforeText.length());
  }

  private String decoded(int token) {
    String text = tokenizer.decode(ImmutableIntArray.builder().addAll(before).add(token).build());
    return text.startsWith(beforeText)
        ? text.substring(beforeText.length())
        : tokenizer.decode(ImmutableIntArray.of(token));
  }
}
