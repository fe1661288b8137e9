package org.nemotron.core.text;

import static com.google.common.base.Preconditions.checkArgument;

/** Windows in a corpus. Immutable. */
record CorpusWindows(TokenCorpus corpus, int length) implements TokenWindows {
  CorpusWindows {
    checkArgument(length > 0, "window length (%s) must be positive", length);
    checkArgument(
        corpus.length() >= length,
        "the text has %s tokens, but a window has %s.\nMaybe give more text, or shorter windows.",
        corpus.length(),
        length);
  }

  @Override
  public long count() {
    return corpus.length() / length;
  }

  @Override
  public int offsets() {
    return corpus.length() % length + 1;
  }

  @Override
  public void read(long window, int offset, long[] ids, int at) {
    int position = (int) window * length + offset;
    for (int t = 0; t < length; t++) {
      ids[at + t] = corpus.token(position + t);
    }
  }
}
