package org.nemotron.runtime.sampling;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.Immutable;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** A set of token ids that may follow; a bit for each token of the vocabulary. Immutable. */
@Immutable
public final class TokenMask {
  /** No token may follow. */
  public static final TokenMask NONE = new TokenMask(new BitSet());

  /** 64 tokens each, the lowest id in the lowest bit; the last one is not 0. */
  @SuppressWarnings("Immutable") // never changed
  private final long[] words;

  private TokenMask(BitSet tokens) {
    this.words = tokens.toLongArray();
  }

  /** Returns the set of {@code tokens}, which are copied. */
  public static TokenMask of(Collection<Integer> tokens) {
    BitSet bits = new BitSet();
    for (int token : tokens) {
      checkArgument(token >= 0, "a token (%s) must not be negative", token);
      bits.set(token);
    }
    return of(bits);
  }

  /** Returns the set of the bits that are set in {@code tokens}, which are copied. */
  public static TokenMask of(BitSet tokens) {
    return tokens.isEmpty() ? NONE : new TokenMask(tokens);
  }

  /** Returns whether {@code token} is in the set. */
  public boolean contains(int token) {
    int word = token >> 6;
    return token >= 0 && word < words.length && (words[word] >>> token & 1) != 0;
  }

  /** Returns whether no token is in the set. */
  public boolean isEmpty() {
    return words.length == 0;
  }

  /** Returns how many tokens are in the set. */
  public int size() {
    return Arrays.stream(words).mapToInt(Long::bitCount).sum();
  }

  /** Takes all other tokens out of {@code row}. */
  void keepIn(float[] row) {
    int end = Math.min(row.length, words.length << 6);
    Arrays.fill(row, end, row.length, Float.NEGATIVE_INFINITY);
    for (int begin = 0; begin < end; begin += 64) {
      long word = words[begin >> 6];
      if (word == 0) {
        Arrays.fill(row, begin, Math.min(begin + 64, end), Float.NEGATIVE_INFINITY);
      } else if (word != -1) {
        takeOut(row, begin, Math.min(begin + 64, end), word);
      }
    }
  }

  private static void takeOut(float[] row, int begin, int end, long word) {
    for (int token = begin; token < end; token++) {
      if ((word >>> token & 1) == 0) {
        row[token] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenMask mask && Arrays.equals(mask.words, words);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(words);
  }

  @Override
  public String toString() {
    return BitSet.valueOf(words).toString();
  }
}
