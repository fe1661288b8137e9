package org.nemotron.core.inference;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Optional;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;

/**
 * A {@link HeterogeneousModel} made ready to generate on one device: this is the code that serves,
 * and the code whose time the search counts. Made by {@link InferenceBackend#prepare}.
 *
 * <p>A step takes pieces of any number of sequences together, their keys and values in pages of a
 * {@link KvCache}.
 *
 * <p>Holds its weights until it closes; the model it was made from may close before. Used by one
 * thread at a time, whichever; so it closes. Closing twice is harmless; what it is can be asked
 * after close, all else is refused.
 */
public interface InferenceModel extends AutoCloseable {
  /** Receives what a step gives for the rows that were wanted, counted over all chunks from 0. */
  @FunctionalInterface
  interface LogitsReader {
    /**
     * Returns how to choose the token of row {@code index}, asked before the step; empty where the
     * logits are wanted. A model that does not {@linkplain #choosesTokens choose} does not ask.
     */
    default Optional<TokenSampling> choice(int index) {
      return Optional.empty();
    }

    /** Takes the chosen token of a row for which a choice was given. */
    default void accept(int index, int token) {
      throw new IllegalStateException("row " + index + ": no choice was given");
    }

    /**
     * Takes the logits of a row.
     *
     * @param logits {@code [V]}; valid during the call
     */
    void accept(int index, float[] logits);
  }

  /** Returns what the model is. */
  ModelSpec spec();

  /** Returns how many tokens a step may have. */
  int maxRows();

  /** Returns how many sequences a step may have. */
  int maxSequences();

  /** Returns whether the device can choose tokens by itself, which spares it handing out logits. */
  boolean choosesTokens();

  /**
   * Returns the memory that the matrices take, in bytes: the embedding's table, in float32 on the
   * CPU and as the model had it on a GPU, all others packed. A tied head may be packed too, so that
   * it counts beside the table.
   */
  long weightBytes();

  /**
   * Returns memory for keys and values of this model, which the caller closes.
   *
   * @throws IllegalStateException if this model is closed
   */
  KvCache newMemory(int pages);

  /**
   * Reads the tokens of {@code chunks}: their keys and values enter {@code memory}, what they want
   * goes to {@code reader}.
   *
   * @param memory made for this model's spec
   * @throws IllegalArgumentException if there is no chunk, or more tokens than {@link #maxRows}, an
   *     id outside the vocabulary, a page outside the memory, or a position beyond the model's
   *     longest context
   * @throws IllegalStateException if this model or the memory is closed, or the memory was made for
   *     another model
   */
  void step(ImmutableList<SequenceChunk> chunks, KvCache memory, LogitsReader reader);

  /**
   * Runs the layers on the tokens of {@code chunks} as {@link #step} does, and returns how much
   * time each took, in nanoseconds.
   *
   * @param memory made for this model's spec; its keys and values are overwritten
   * @throws IllegalArgumentException as {@link #step} does
   */
  ImmutableLongArray layerNanos(ImmutableList<SequenceChunk> chunks, KvCache memory);

  @Override
  void close();
}
