package org.nemotron.core.data;

import org.nemotron.core.text.TokenWindows;

/** Windows side by side, without regard to documents. Immutable. */
final class PackedWindows implements TokenWindows {
  private final IndexedTokens tokens;
  private final LearnedTokens learned;
  private final int length;

  PackedWindows(IndexedTokens tokens, LearnedTokens learned, int length) {
    this.tokens = tokens;
    this.learned = learned;
    this.length = length;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public long count() {
    return tokens.tokens() / length;
  }

  @Override
  public int offsets() {
    return (int) (tokens.tokens() % length) + 1;
  }

  @Override
  public void read(long window, int offset, long[] ids, int at) {
    tokens.read(window * length + offset, ids, at, length);
  }

  @Override
  public boolean isMasked() {
    return learned.isMasked();
  }

  @Override
  public void readLearned(long window, int offset, boolean[] into, int at) {
    learned.read(window * length + offset, into, at, length);
  }
}
