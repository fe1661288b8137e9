package org.nemotron.core.spec;

/** What an attention of some families has beside its four projections. */
public enum AttentionTrait {
  /** Biases of the query, key and value projections (Qwen2). */
  INPUT_BIASES,
  /** A bias of the output projection. */
  OUTPUT_BIAS,
  /** Root-mean-square norms of every query head and every key head, before rotation (Qwen3). */
  HEAD_NORMS
}
