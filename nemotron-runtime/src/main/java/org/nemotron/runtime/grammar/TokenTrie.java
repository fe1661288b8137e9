package org.nemotron.runtime.grammar;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.text.TokenBytes;
import org.nemotron.runtime.sampling.TokenMask;

/**
 * The tokens of a vocabulary as a tree of their bytes, so that a walk over all of them takes each
 * common beginning once, and leaves out whatever begins with bytes that cannot follow. Special
 * tokens are left out.
 *
 * <p>The nodes lie in arrays in the order of the walk: a vocabulary of 128,000 tokens has about
 * three times as many, and a walk that chased a pointer for each token would mostly wait for
 * memory.
 */
final class TokenTrie {
  private final byte[][] bytes;

  /** Ids of the tokens with bytes, in order of their bytes. */
  private final int[] order;

  /** The byte that leads to a node. */
  private final byte[] labels;

  /** How many bytes lead to a node, without that one. */
  private final short[] depths;

  /** The node behind all that begin with this one. */
  private final int[] behind;

  /**
   * Where the tokens that end at a node begin in the order; they end where the next one's begin.
   */
  private final int[] tokens;

  private final int longest;
  private final BitSet singleBytes = new BitSet();

  TokenTrie(TokenBytes vocabulary) {
    this.bytes = new byte[vocabulary.size()][];
    Arrays.setAll(bytes, vocabulary::bytes);
    this.order =
        IntStream.range(0, bytes.length)
            .filter(id -> bytes[id].length > 0)
            .boxed()
            .sorted(Comparator.comparing(id -> bytes[id], Arrays::compareUnsigned))
            .mapToInt(id -> id)
            .toArray();
    int nodes = 0;
    int most = 0;
    for (int i = 0; i < order.length; i++) {
      byte[] token = bytes[order[i]];
      most = Math.max(most, token.length);
      nodes += token.length - shared(i);
      if (token.length == 1) {
        singleBytes.set(token[0] & 0xFF);
      }
    }
    checkArgument(most <= Short.MAX_VALUE, "a token of %s bytes is too long", most);
    this.longest = most;
    this.labels = new byte[nodes];
    this.depths = new short[nodes];
    this.behind = new int[nodes];
    this.tokens = new int[nodes + 1];
    fill();
  }

  private void fill() {
    int[] open = new int[longest]; // the nodes that lead to the last token
    int depth = 0;
    int node = 0;
    for (int i = 0; i < order.length; i++) {
      byte[] token = bytes[order[i]];
      int shared = shared(i);
      while (depth > shared) {
        behind[open[--depth]] = node;
      }
      while (depth < token.length) {
        labels[node] = token[depth];
        depths[node] = (short) depth;
        tokens[node] = i;
        open[depth++] = node++;
      }
    }
    while (depth > 0) {
      behind[open[--depth]] = node;
    }
    tokens[node] = order.length;
  }

  /** Returns how many bytes the token at {@code place} in the order shares with the one before. */
  private int shared(int place) {
    return place == 0 ? 0 : common(bytes[order[place - 1]], bytes[order[place]]);
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
    long[] allowed = new long[(bytes.length + Long.SIZE - 1) / Long.SIZE];
    Automaton.State[] path = new Automaton.State[longest + 1];
    path[0] = state; // path[d] is the state behind the first d bytes that lead to a node
    for (int node = 0; node < labels.length; ) {
      int depth = depths[node];
      Automaton.State next = path[depth].next(labels[node] & 0xFF);
      if (next == null) {
        node = behind[node];
        continue;
      }
      path[depth + 1] = next;
      int end = tokens[node + 1];
      for (int place = tokens[node]; place < end; place++) {
        int token = order[place];
        allowed[token >> 6] |= 1L << token;
      }
      node++;
    }
    return TokenMask.of(BitSet.valueOf(allowed));
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
