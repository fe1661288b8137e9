package org.nemotron.core.inference;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.core.spec.ModelSpec;

/**
 * A model's weights, packed to score whole sequences that share their beginnings. Made by {@link
 * InferenceBackend#prepareTrees}.
 *
 * <p>On the CPU, in half precision, a row's logits do not depend, to the last bit, on the rows that
 * are not in front of it in its sequence, on the other trees, or on the number of threads; unless
 * {@link #notes} names a matrix that half precision cannot hold.
 *
 * <p>Holds its weights until it closes; what it was made from may close before. Used by one thread
 * at a time, which may change. Closing twice is harmless; its spec can be read after close, all
 * else is refused.
 */
public interface TreeModel extends AutoCloseable {
  /** Takes logits of wanted rows; called by several threads at a time, once for each row. */
  @FunctionalInterface
  interface LogitsReader {
    /**
     * Reads the logits of a row.
     *
     * @param tree its index in the list
     * @param wanted the row's index in {@link TokenTree#wanted}
     * @param logits {@code [V]}, lent until this call returns
     */
    void read(int tree, int wanted, float[] logits);
  }

  /** Returns what the model is. */
  ModelSpec spec();

  /** Returns how many rows a tree should have: enough for products at full speed. */
  int usualRows();

  /** Returns how many trees are computed at the same time. */
  int streams();

  /**
   * Reads the trees and hands out the logits that they want.
   *
   * @throws IllegalArgumentException if a tree does not {@linkplain TokenTree#checkFits fit}
   * @throws IllegalStateException if this model is closed
   * @throws java.util.concurrent.CancellationException if the work of this thread is cancelled
   */
  void run(List<TokenTree> trees, LogitsReader reader);

  /** Returns what is held otherwise than asked for: see {@link InferenceModel#notes}. */
  ImmutableList<String> notes();

  @Override
  void close();
}
