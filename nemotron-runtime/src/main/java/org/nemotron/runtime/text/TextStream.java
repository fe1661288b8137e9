package org.nemotron.runtime.text;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.text.Tokenizer;

/**
 * The text of one request's tokens, in pieces as the tokens come. A piece never ends inside a
 * character: bytes that may still become one wait for the next token.
 *
 * <p>The pieces joined are the text of all tokens as {@link Tokenizer} decodes them at once. There
 * is one exception, where a whole decode would take back what was shown already: a tokenizer with
 * byte fallback decodes a run of byte tokens that is not UTF-8 as a whole to replacement characters
 * only, the stream keeps the characters that were complete before the wrong byte.
 *
 * <p>A piece costs the same however long the text is. Not safe for use by several threads.
 */
public final class TextStream {
  // Only the tokens since the last whole character are decoded: the window. A token that stands
  // first loses its leading space in SentencePiece's form, so that a known letter, the anchor, is
  // put before the window once the text has begun. As long as the window's text ends in replacement
  // characters its last bytes may be the beginning of a character: at most three of them, and as
  // many replacement characters. What stands before these is final.

  private static final char REPLACEMENT = '\uFFFD';
  private static final int LONGEST_INCOMPLETE = 3;

  /** What the window is cut to: the tokens of an incomplete character, and one more. */
  private static final int SHORT_WINDOW = LONGEST_INCOMPLETE + 1;

  /** The window's length from which it is cut, where that changes nothing to come. */
  private static final int LONG_WINDOW = 16;

  /** The window's length at which its bytes are taken for what they are: not text. */
  private static final int LONGEST_WINDOW = 256;

  private static final ImmutableList<String> ANCHORS = ImmutableList.of("a", "e", "A", "1", ".");

  private final Tokenizer tokenizer;
  private final boolean specialTokens;
  private final int anchor;
  private final String anchorText;

  private ImmutableIntArray window = ImmutableIntArray.of();
  private String windowText = "";
  private int shown = 0;
  private boolean begun = false;

  private TextStream(Tokenizer tokenizer, boolean specialTokens) {
    this.tokenizer = tokenizer;
    this.specialTokens = specialTokens;
    this.anchor = anchor(tokenizer);
    this.anchorText = decode(ImmutableIntArray.of(anchor));
  }

  /**
   * Returns a stream that leaves special tokens out.
   *
   * @throws IllegalArgumentException if the tokenizer knows none of a few common characters
   */
  public static TextStream of(Tokenizer tokenizer) {
    return new TextStream(tokenizer, false);
  }

  /**
   * Returns a stream that shows special tokens too.
   *
   * @throws IllegalArgumentException if the tokenizer knows none of a few common characters
   */
  public static TextStream withSpecialTokens(Tokenizer tokenizer) {
    return new TextStream(tokenizer, true);
  }

  private static int anchor(Tokenizer tokenizer) {
    for (String letter : ANCHORS) {
      ImmutableIntArray tokens = tokenizer.encode(letter);
      if (!tokens.isEmpty()) {
        int token = tokens.get(tokens.length() - 1);
        if (tokenizer.decodeText(ImmutableIntArray.of(token)).equals(letter)) {
          return token;
        }
      }
    }
    throw new IllegalArgumentException(
        "the tokenizer has no token for any of " + ANCHORS + ", so that text cannot be streamed");
  }

  /** Returns the text that {@code token} completes; empty where more tokens must come first. */
  public String push(int token) {
    String before = windowText;
    window = ImmutableIntArray.builder().addAll(window).add(token).build();
    windowText = decodeWindow(window);
    if (windowText.equals(before) && isVoid(token)) {
      window = window.subArray(0, window.length() - 1).trimmed();
      return "";
    }
    String piece = show(windowText.length() - incompleteChars());
    if (shown == windowText.length() && (begun || !windowText.isEmpty())) {
      clear();
    } else if (window.length() >= LONGEST_WINDOW) {
      return piece + finish();
    } else if (window.length() >= LONG_WINDOW) {
      shorten();
    }
    return piece;
  }

  /**
   * Returns what is left of the text when no token follows: a replacement character in place of
   * each part of a character, or nothing.
   */
  public String finish() {
    String rest = show(windowText.length());
    clear();
    return rest;
  }

  private String show(int end) {
    if (end <= shown) {
      return "";
    }
    String piece = windowText.substring(shown, end);
    shown = end;
    return piece;
  }

  private void clear() {
    begun |= !windowText.isEmpty();
    window = ImmutableIntArray.of();
    windowText = "";
    shown = 0;
  }

  /**
   * Returns how many characters at the end of the window may still change. Before the text has
   * begun, a space byte may have been taken off, so that the count of bytes is not known.
   */
  private int incompleteChars() {
    int most = begun ? LONGEST_INCOMPLETE : windowText.length();
    int count = 0;
    while (count < Math.min(most, windowText.length())
        && windowText.charAt(windowText.length() - 1 - count) == REPLACEMENT) {
      count++;
    }
    return count;
  }

  /** Drops tokens that have been shown, unless those after them would then read otherwise. */
  private void shorten() {
    ImmutableIntArray shorter =
        window.subArray(window.length() - SHORT_WINDOW, window.length()).trimmed();
    String hidden = windowText.substring(shown);
    String text = decode(anchored(shorter));
    if (begun && text.endsWith(hidden) && text.startsWith(anchorText)) {
      window = shorter;
      windowText = text.substring(anchorText.length());
      shown = windowText.length() - hidden.length();
    }
  }

  /**
   * Returns whether {@code token} has no text wherever it stands, as a special token that is left
   * out.
   */
  private boolean isVoid(int token) {
    return decode(anchored(ImmutableIntArray.of(token))).equals(anchorText);
  }

  private String decodeWindow(ImmutableIntArray tokens) {
    return begun ? decode(anchored(tokens)).substring(anchorText.length()) : decode(tokens);
  }

  private ImmutableIntArray anchored(ImmutableIntArray tokens) {
    return ImmutableIntArray.builder().add(anchor).addAll(tokens).build();
  }

  private String decode(ImmutableIntArray tokens) {
    return specialTokens ? tokenizer.decode(tokens) : tokenizer.decodeText(tokens);
  }
}
