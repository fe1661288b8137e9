package org.nemotron.core.inference;

import com.google.common.primitives.ImmutableLongArray;

/**
 * What a model keeps from step to step: the pages of its KV cache, and all that is bound to them,
 * workspaces, recorded graphs and lists of work. Made by {@link InferenceModel#newSession}.
 *
 * <p>Several sessions of one model may be open, and take turns.
 *
 * <p>Used by one thread at a time, which may change; closed before or after its model. Closing
 * twice is harmless; a step of a closed session, or of a closed model, is refused.
 */
public interface InferenceSession extends AutoCloseable {
  /** Returns the model whose steps these are. */
  InferenceModel model();

  /** Returns how many pages of {@link KvPages#PAGE_TOKENS} tokens there are. */
  int pages();

  /**
   * Runs the model on the tokens of {@code batch}: their keys and values enter the pages.
   *
   * @return what the chunks want, lent until the next step of this session
   * @throws IllegalArgumentException if {@code batch} has more tokens than {@link
   *     InferenceModel#maxRows}, an id outside the vocabulary, a page outside this session, or a
   *     position beyond the model's longest context
   * @throws IllegalStateException if this session or its model is closed
   */
  StepOutput step(ForwardBatch batch);

  /**
   * Makes ready, before the first {@link #step}, what the first step of each size would otherwise
   * wait for: recorded graphs, code that a library loads when it is first used. On the CPU there is
   * nothing of the kind. Writes into pages; what they hold is lost.
   *
   * @param sequences as many decode together at most
   * @param promptTokens as many tokens of prompts are in one step at most
   */
  default void warmUp(int sequences, int promptTokens) {}

  /**
   * Returns how many elements of keys and values were too large for the format that holds them, and
   * were held as its largest: always 0 where the format is the usual one.
   */
  default long saturated() {
    return 0;
  }

  /**
   * Runs the layers on the tokens of {@code batch} as {@link #step} does, and returns how much time
   * each took, in nanoseconds.
   *
   * @throws IllegalArgumentException as {@link #step} does
   */
  ImmutableLongArray layerNanos(ForwardBatch batch);

  @Override
  void close();
}
