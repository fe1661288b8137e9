package org.nemotron.core.inference;

import com.google.common.math.IntMath;
import java.math.RoundingMode;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.KvCacheSpec;
import org.nemotron.core.spec.ModelSpec;

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
    return attention.kvCache().accept(new Stride());
  }

  /**
   * Returns the memory that one page takes in all layers, keys plus values, in bytes.
   *
   * @param dtypeBytes bytes of an element
   */
  public static long bytesPerPage(ModelSpec spec, int dtypeBytes) {
    long elements =
        spec.blocks().stream().mapToLong(block -> elementsPerToken(block.attention())).sum();
    return 2 * elements * dtypeBytes * PAGE_TOKENS;
  }

  /** Elements of keys per token: a page keeps every token. */
  private static final class Stride implements KvCacheSpec.Visitor<Integer> {
    @Override
    public Integer visit(KvCacheSpec.Full cache) {
      return cache.stride();
    }

    @Override
    public Integer visit(KvCacheSpec.None cache) {
      return 0;
    }
  }
}
