package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.function.LongToIntFunction;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.Tensors;

/** Windows of one length in a corpus, none of which crosses its end. Immutable. */
record TokenWindows(TokenCorpus corpus, int length) {
  TokenWindows {
    checkArgument(length > 0, "window length (%s) must be positive", length);
    checkArgument(
        corpus.length() >= length,
        "the text has %s tokens, but a window has %s.\nMaybe give more text, or shorter windows.",
        corpus.length(),
        length);
  }

  /** Returns how many windows fit side by side. */
  int count() {
    return corpus.length() / length;
  }

  /** Returns how many tokens remain beside them. */
  int remainder() {
    return corpus.length() % length;
  }

  /**
   * Returns windows {@code first} to {@code first + rows - 1}: {@code [rows, length]}, int64, on
   * the CPU, owned by the current scope.
   *
   * @param begin the position of a window's first token, by the number of the window
   */
  Tensor rows(long first, int rows, LongToIntFunction begin) {
    long[] ids = new long[Math.multiplyExact(rows, length)];
    for (int row = 0; row < rows; row++) {
      int position = begin.applyAsInt(first + row);
      for (int t = 0; t < length; t++) {
        ids[row * length + t] = corpus.token(position + t);
      }
    }
    return Tensors.of(ids, rows, length);
  }
}
