package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * Cuts a long text into pieces that are tokenized one after another, so that a tokenizer's working
 * memory, many times the text, stays small.
 *
 * <p>A piece ends before a space that stands between two letters: byte-level tokenizers (GPT-2's
 * and Llama 3's rules) begin a word there, so that the pieces have the tokens of the whole.
 */
final class TextPieces {
  private TextPieces() {}

  /** Returns {@code text} in pieces of at most {@code maxChars} characters. */
  static ImmutableList<String> of(String text, int maxChars) {
    checkArgument(maxChars > 1, "maxChars (%s) must be above 1", maxChars);
    ImmutableList.Builder<String> pieces = ImmutableList.builder();
    int begin = 0;
    while (text.length() - begin > maxChars) {
      int end = cut(text, begin, begin + maxChars);
      pieces.add(text.substring(begin, end));
      begin = end;
    }
    return pieces.add(text.substring(begin)).build();
  }

  /** Returns the last place to cut, from {@code begin + 1} to {@code end}. */
  private static int cut(String text, int begin, int end) {
    for (int at = end; at > begin + 1; at--) {
      if (text.charAt(at) == ' '
          && Character.isLetter(text.charAt(at - 1))
          && Character.isLetter(text.charAt(at + 1 < text.length() ? at + 1 : at))) {
        return at;
      }
    }
    return Character.isLowSurrogate(text.charAt(end)) ? end - 1 : end;
  }
}
