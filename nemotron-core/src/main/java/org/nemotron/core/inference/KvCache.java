package org.nemotron.core.inference;

import com.google.common.math.IntMath;
import java.math.RoundingMode;

/**
 * Keys and values of many sequences, in pages of {@link #PAGE_TOKENS} tokens that any sequence may
 * hold in any order. Made by {@link InferenceModel#newMemory}.
 *
 * <p>A page has room in every layer for what that layer keeps: {@code kvHeads} heads, or nothing.
 * So one page number serves all layers, and a child with fewer heads fits more pages into the same
 * bytes: {@link InferenceBackend#bytesPerPage}.
 *
 * <p>Used by one thread at a time, whichever; so it closes. Closing twice is harmless; a step with
 * a closed memory is refused.
 */
public interface KvCache extends AutoCloseable {
  /** Tokens of a page. */
  int PAGE_TOKENS = 64;

  /** Returns how many pages {@code tokens} tokens of one sequence need. */
  static int pagesFor(int tokens) {
    return IntMath.divide(tokens, PAGE_TOKENS, RoundingMode.CEILING);
  }

  /** Returns how many pages there are. */
  int pages();

  @Override
  void close();
}
