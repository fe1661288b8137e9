package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A corpus cut into windows side by side, for measuring: every window once, in the order of the
 * text. The last batch may have fewer windows. Immutable.
 */
public final class EvaluationBatches {
  private final CorpusWindows windows;
  private final int batchSize;
  private final int count;

  /**
   * Makes batches of {@code batchSize} of the first {@code maxWindows} windows.
   *
   * @param windowTokens tokens per window
   * @throws IllegalArgumentException if the corpus is shorter than one window
   */
  public EvaluationBatches(TokenCorpus corpus, int batchSize, int windowTokens, int maxWindows) {
    checkArgument(batchSize > 0, "batchSize (%s) must be positive", batchSize);
    checkArgument(maxWindows > 0, "maxWindows (%s) must be positive", maxWindows);
    this.windows = new CorpusWindows(corpus, windowTokens);
    this.batchSize = batchSize;
    this.count = (int) Math.min(maxWindows, windows.count());
  }

  /** Returns how many windows there are. */
  public int windows() {
    return count;
  }

  /** Returns how many batches there are. */
  public int batches() {
    return (count + batchSize - 1) / batchSize;
  }

  /** Returns how many windows batch {@code index} has: the last one may have fewer. */
  public int sequences(int index) {
    return Math.min(batchSize, count - index * batchSize);
  }

  /**
   * Returns batch {@code index}: {@code [at most batchSize, windowTokens]} token ids, int64, on the
   * CPU, owned by the current {@link NativeScope}.
   */
  public Tensor batch(int index) {
    checkArgument(
        index >= 0 && index < batches(), "batch index (%s) must be below %s", index, batches());
    int first = index * batchSize;
    int rows = sequences(index);
    long[] ids = new long[Math.multiplyExact(rows, windows.length())];
    for (int row = 0; row < rows; row++) {
      windows.read(first + row, 0, ids, row * windows.length());
    }
    return Tensors.of(ids, rows, windows.length());
  }
}
