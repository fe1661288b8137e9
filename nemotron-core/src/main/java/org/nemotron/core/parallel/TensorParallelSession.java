package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * What one rank keeps from step to step: keys and values of its own heads. Made by {@link
 * TensorParallelModel#newSession}.
 *
 * <p>Every rank makes the same steps. Used by one thread at a time; closed before its model.
 * Closing twice is harmless; use after close is refused.
 */
public final class TensorParallelSession implements AutoCloseable {
  // Shape letters in this file: B = sequences, T = tokens, R = the rank's rows of the vocabulary.

  private final TensorParallelModel model;
  private final ImmutableList<RankKvCache> caches;
  private final Resources parts;
  private final int sequences;
  private final int capacity;
  private long tokens;
  private boolean closed;

  TensorParallelSession(TensorParallelModel model, int sequences, int capacity) {
    checkArgument(sequences > 0, "sequences (%s) must be positive", sequences);
    checkArgument(
        capacity > 0 && capacity <= model.plan().spec().maxPositions(),
        "capacity (%s) must be positive and not exceed max_position_embeddings (%s)",
        capacity,
        model.plan().spec().maxPositions());
    this.model = model;
    this.sequences = sequences;
    this.capacity = capacity;
    try (Resources made = new Resources()) {
      this.caches = model.newCaches(sequences, capacity, made);
      this.parts = made.complete();
    }
  }

  /** Returns the memory that this rank's keys and values may take, in bytes. */
  public long kvCacheBytes() {
    return caches.stream().mapToLong(RankKvCache::bytes).sum();
  }

  /**
   * Reads the next tokens of each sequence, and returns the likeliest one behind them, the first of
   * equals: the same on all ranks.
   *
   * @param next ids of each sequence, equally many; the same on all ranks
   * @throws IllegalArgumentException if an id is outside the vocabulary, or the session has no room
   *     for the tokens
   * @throws org.nemotron.core.tensor.NonFiniteException if a logit is NaN or +Infinity
   */
  public ImmutableIntArray step(ImmutableList<ImmutableIntArray> next) {
    checkArgument(
        next.size() == sequences,
        "%s sequences must be as many as in the session (%s)",
        next.size(),
        sequences);
    try (NativeScope scope = NativeScope.open()) {
      Tensor logitsBTR = ownLogits(ids(next));
      return model.likeliest(logitsBTR.select(1, logitsBTR.size(1) - 1));
    }
  }

  private static Tensor ids(ImmutableList<ImmutableIntArray> next) {
    int each = next.get(0).length();
    checkArgument(each > 0, "a step must have a token of each sequence");
    long[] ids = new long[next.size() * each];
    for (int sequence = 0; sequence < next.size(); sequence++) {
      ImmutableIntArray own = next.get(sequence);
      checkArgument(
          own.length() == each,
          "sequence %s has %s tokens, and the first %s",
          sequence,
          own.length(),
          each);
      for (int token = 0; token < each; token++) {
        ids[sequence * each + token] = own.get(token);
      }
    }
    return Tensors.of(ids, next.size(), each);
  }

  /**
   * Returns {@code newTokens} tokens that follow each prompt, each the likeliest.
   *
   * @param prompts of equal lengths
   */
  public ImmutableList<ImmutableIntArray> generate(
      ImmutableList<ImmutableIntArray> prompts, int newTokens) {
    checkArgument(newTokens > 0, "newTokens (%s) must be positive", newTokens);
    int[][] generated = new int[prompts.size()][newTokens];
    ImmutableList<ImmutableIntArray> next = prompts;
    for (int made = 0; made < newTokens; made++) {
      ImmutableIntArray tokens = step(next);
      ImmutableList.Builder<ImmutableIntArray> singles = ImmutableList.builder();
      for (int sequence = 0; sequence < generated.length; sequence++) {
        generated[sequence][made] = tokens.get(sequence);
        singles.add(ImmutableIntArray.of(tokens.get(sequence)));
      }
      next = singles.build();
    }
    ImmutableList.Builder<ImmutableIntArray> all = ImmutableList.builder();
    for (int[] tokens : generated) {
      all.add(ImmutableIntArray.copyOf(tokens));
    }
    return all.build();
  }

  /**
   * Returns this rank's logits of the next tokens, {@code [B, T, R]}, owned by the current scope.
   */
  Tensor ownLogits(Tensor idsBT) {
    checkState(!closed, "this session is closed");
    long more = idsBT.size(1);
    checkArgument(
        tokens + more <= capacity,
        "%s tokens behind %s must not exceed the session's room (%s)",
        more,
        tokens,
        capacity);
    tokens += more;
    return NativeScope.only(() -> model.head(model.hidden(idsBT, caches)));
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
