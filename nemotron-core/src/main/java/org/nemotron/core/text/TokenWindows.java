package org.nemotron.core.text;

import java.util.Arrays;

/**
 * Windows of one length in a text of tokens, none of which crosses its end: what batches are made
 * of. Safe for use by several threads.
 */
public interface TokenWindows {
  /** Returns how many tokens a window has. */
  int length();

  /** Returns how many windows lie side by side. */
  long count();

  /**
   * Returns at how many offsets the first window can begin, so that all of them fit; 1 where they
   * lie where they lie.
   */
  int offsets();

  /**
   * Reads a window.
   *
   * @param window its number, from 0
   * @param offset how many tokens all windows are moved by, below {@link #offsets}
   * @param ids receives the tokens
   * @param at where in {@code ids}
   */
  void read(long window, int offset, long[] ids, int at);

  /** Returns whether some tokens are not to be learned. */
  default boolean isMasked() {
    return false;
  }

  /**
   * Reads which tokens of a window are to be learned: all of them where nothing is masked.
   *
   * @param learned receives it
   * @param at where in {@code learned}
   */
  default void readLearned(long window, int offset, boolean[] learned, int at) {
    Arrays.fill(learned, at, at + length(), true);
  }
}
