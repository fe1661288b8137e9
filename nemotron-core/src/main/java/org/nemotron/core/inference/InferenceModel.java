package org.nemotron.core.inference;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.ModelSpec;

/**
 * A model's weights, packed to generate on one device: this is the code that serves, and the code
 * whose time the search counts. Made by {@link InferenceBackend#prepare}.
 *
 * <p>Its steps are made by {@linkplain #newSession sessions}, which hold all that changes.
 *
 * <p>Holds its weights until it closes; what it was made from may close before. Used by one thread
 * at a time, which may change. Closing twice is harmless; its spec can be read after close, all
 * else is refused.
 */
public interface InferenceModel extends AutoCloseable {
  /** Returns what the model is. */
  ModelSpec spec();

  /** Returns how many tokens a step may have. */
  int maxRows();

  /** Returns how many sequences a step may have. */
  int maxSequences();

  /** Returns whether the device samples tokens by itself, which spares it handing out logits. */
  boolean samplesTokens();

  /**
   * Returns whether what is computed of a token depends on nothing else in its step, so that a
   * sequence whose memory was given away can be read again with the same result: its prompt as a
   * prompt, each token behind it as a chunk of its own. Steps of such a model may have several
   * chunks of one token of the same sequence, in their order. To the last bit it holds where the
   * format of the weights promises that.
   */
  default boolean isBatchInvariant() {
    return false;
  }

  /**
   * Returns the memory that the matrices take, in bytes: the embedding's table, in float32 on the
   * CPU and as the model had it on a GPU, all others packed. A tied head may be packed too, so that
   * it counts beside the table.
   */
  long weightBytes();

  /**
   * Returns what is held otherwise than in the format that was asked for, and why: a sentence for
   * each matrix; none for most models. Half precision cannot hold weights above 65,504, nor rows
   * and columns far below 6e-8: such a matrix is held as float32.
   */
  default ImmutableList<String> notes() {
    return ImmutableList.of();
  }

  /**
   * Returns a session with a KV cache of {@code pages} pages, which the caller closes.
   *
   * @throws IllegalArgumentException if the device does not hold keys and values in {@code format}
   * @throws IllegalStateException if this model is closed
   */
  InferenceSession newSession(int pages, KvFormat format);

  /** Returns a session with a KV cache in the usual format, which the caller closes. */
  default InferenceSession newSession(int pages) {
    return newSession(pages, KvFormat.USUAL);
  }

  @Override
  void close();
}
