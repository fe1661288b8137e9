package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What one layer keeps of the tokens of a sequence, so that later tokens can attend to them.
 * Immutable.
 */
public sealed interface KvCacheSpec {
  /**
   * Returns the cache of one sequence in this layer, in bytes: keys plus values.
   *
   * @param contextTokens tokens seen so far
   * @param dtypeBytes bytes of an element
   */
  long bytes(long contextTokens, int dtypeBytes);

  /** Returns what {@code visitor} makes of this variant. */
  <R> R accept(Visitor<R> visitor);

  /** One method per variant, so that a new variant breaks every consumer at compile time. */
  interface Visitor<R> {
    /** Visits a cache of all tokens. */
    R visit(Full cache);

    /** Visits a layer that keeps nothing. */
    R visit(None cache);
  }

  /** Keys and values of every token: {@code kvHeads} heads of {@code headDim} each. */
  record Full(int kvHeads, int headDim) implements KvCacheSpec {
    /** Checks that there is something to keep. */
    public Full {
      checkArgument(kvHeads > 0, "kvHeads (%s) must be positive", kvHeads);
      checkArgument(headDim > 0, "headDim (%s) must be positive", headDim);
    }

    /** Returns how many elements of keys a token takes, and as many of values. */
    public int stride() {
      return Math.multiplyExact(kvHeads, headDim);
    }

    @Override
    public long bytes(long contextTokens, int dtypeBytes) {
      checkArgument(contextTokens >= 0, "contextTokens (%s) must not be negative", contextTokens);
      return 2L * kvHeads * headDim * dtypeBytes * contextTokens;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** Nothing: no token attends to another. */
  record None() implements KvCacheSpec {
    @Override
    public long bytes(long contextTokens, int dtypeBytes) {
      return 0;
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }
}
