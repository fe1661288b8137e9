package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;

/**
 * What the queries of one layer meet: the keys and values of their own tokens, and of earlier ones
 * where a cache holds them.
 */
public interface AttentionContext {
  /** Returns the position of the first token of this pass; 0 where there is no cache. */
  long start();

  /**
   * Returns attention of the queries over all keys up to their own position.
   *
   * <p>Shapes: B sequences, N query heads, K key/value heads (N a multiple of K), T tokens of this
   * pass, H head size.
   *
   * @param queriesBNTH rotated queries
   * @param keysBKTH rotated keys of this pass
   * @param valuesBKTH values of this pass
   * @return {@code [B, N, T, H]}, owned by the current scope
   */
  Tensor attend(Tensor queriesBNTH, Tensor keysBKTH, Tensor valuesBKTH);
}
