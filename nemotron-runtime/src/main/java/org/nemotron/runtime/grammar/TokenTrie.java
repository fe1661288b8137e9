package org.nemotron.runtime.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.text.TokenBytes;
import org.nemotron.runtime.sampling.TokenMask;

/**
 * The tokens of a vocabulary in the order of their bytes: those that begin alike stand together, so
 * that a walk over all of them takes each common beginning once. Special tokens are left out.
 */
final class TokenTrie {
  private final byte[][] bytes;

  /** Ids of the tokens with bytes, in order of their bytes. */
  private final int[] order;

  /** How many bytes each token in that order shares with the one before it. */
  private final int[] shared;

  private final int longest;
  private final BitSet singleBytes = new BitSet();

  TokenTrie(TokenBytes tokens) {
    this.bytes = new byte[tokens.size()][];
    Arrays.setAll(bytes, tokens::bytes);
    this.order =
        IntStream.range(0, bytes.length)
            .filter(id -> bytes[id].length > 0)
            .boxed()
            .sorted(Comparator.comparing(id -> bytes[id], Arrays::compareUnsigned))
            .mapToInt(id -> id)
            .toArray();
    this.shared = new int[order.length];
    int most = 0;
    for (int i = 0; i < order.length; i++) {
      byte[] token = bytes[order[i]];
      most = Math.max(most, token.length);
      shared[i] = i == 0 ? 0 : common(bytes[order[i - 1]], token);
      if (token.length == 1) {
        singleBytes.set(token[0] & 0xFF);
      }
    }
    this.longest = most;
  }

  private static int common(byte[] first, byte[] second) {
    int difference = Arrays.mismatch(first, second);
    return difference < 0 ? first.length : difference;
  }

  int size() {
    return bytes.length;
  }

  /**
   * Checks that every byte is a token by itself, so that whatever bytes may follow some token can.
   *
   * @throws FormatException if one is not
   */
  void checkComplete() {
    // These never occur in UTF-8, and some vocabularies leave them out.
    BitSet missing = new BitSet();
    missing.set(0, 0xC0);
    missing.set(0xC2, 0xF5);
    missing.andNot(singleBytes);
    if (!missing.isEmpty()) {
      throw new FormatException(
          "answers of a given form need a token for each byte; the vocabulary has none for 0x%02X"
              .formatted(missing.nextSetBit(0)));
    }
  }

  /** Returns the tokens all of whose bytes can follow in {@code state}. */
  TokenMask mask(Automaton.State state) {
    BitSet allowed = new BitSet(bytes.length);
    @Nullable Automaton.State[] path = new Automaton.State[longest + 1];
    path[0] = state;
    int reached = 0; // path[0] to path[reached] are the states along the last token
    for (int i = 0; i < order.length; i++) {
      byte[] token = bytes[order[i]];
      if (shared[i] > reached) {
        continue; // the byte at which the last one failed is in this one too
      }
      reached = shared[i];
      Automaton.State at = path[reached];
      while (at != null && reached < token.length) {
        at = at.next(token[reached] & 0xFF);
        if (at != null) {
          path[++reached] = at;
        }
      }
      if (at != null) {
        allowed.set(order[i]);
      }
    }
    return TokenMask.of(allowed);
  }

  /** Returns the state behind {@code token}; null where it cannot follow. */
  Automaton.@Nullable State after(Automaton.State state, int token) {
    Automaton.State at = token < bytes.length && bytes[token].length > 0 ? state : null;
    for (int i = 0; at != null && i < bytes[token].length; i++) {
      at = at.next(bytes[token][i] & 0xFF);
    }
    return at;
  }
}
