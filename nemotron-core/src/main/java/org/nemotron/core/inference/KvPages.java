package org.nemotron.core.inference;

import com.google.common.math.IntMath;
import java.math.RoundingMode;
import org.nemotron.core.spec.AttentionSpec;

/**
 * The pages of a KV cache: {@link #PAGE_TOKENS} tokens each, which any sequence may hold in any
 * order.
 *
 * <p>A page has room in every layer for what that layer keeps: {@code kvHeads} heads, or nothing.
 * So one page number serves all layers, and a child with fewer heads fits more pages into the same
 * bytes: {@link InferenceBackend#bytesPerPage}.
 */
public final class KvPages {
  /** Tokens of a page. */
  public static final int PAGE_TOKENS = 64;

  private KvPages() {}

  /** Returns how many pages {@code tokens} tokens of one sequence need. */
  public static int pagesFor(int tokens) {
    return IntMath.divide(tokens, PAGE_TOKENS, RoundingMode.CEILING);
  }

  /** Returns how many elements of keys a layer keeps of a token, and as many of values. */
  public static int elementsPerToken(AttentionSpec attention) {
    return Math.toIntExact(attention.kvBytesPerToken(1) / 2);
  }
}
