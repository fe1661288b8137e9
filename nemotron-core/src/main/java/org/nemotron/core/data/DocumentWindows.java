package org.nemotron.core.data;

import com.google.common.primitives.ImmutableLongArray;
import org.nemotron.core.text.TokenWindows;

/**
 * Windows that each lie in one document, from its first token on. Immutable.
 *
 * <p>Of every {@link #STRIDE} documents, the number of windows before them is kept; the documents
 * between are counted when a window is looked for.
 */
final class DocumentWindows implements TokenWindows {
  private static final int STRIDE = 256;

  private final IndexedTokens tokens;
  private final LearnedTokens learned;
  private final int length;
  private final ImmutableLongArray before;
  private final long count;

  DocumentWindows(IndexedTokens tokens, LearnedTokens learned, int length) {
    this.tokens = tokens;
    this.learned = learned;
    this.length = length;
    ImmutableLongArray.Builder kept = ImmutableLongArray.builder();
    long windows = 0;
    for (long document = 0; document < tokens.documents(); document++) {
      if (document % STRIDE == 0) {
        kept.add(windows);
      }
      windows += windowsOf(document);
    }
    this.before = kept.build();
    this.count = windows;
  }

  private long windowsOf(long document) {
    return (tokens.documentBegin(document + 1) - tokens.documentBegin(document)) / length;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public int offsets() {
    return 1;
  }

  @Override
  public void read(long window, int offset, long[] ids, int at) {
    tokens.read(begin(window), ids, at, length);
  }

  @Override
  public boolean isMasked() {
    return learned.isMasked();
  }

  @Override
  public void readLearned(long window, int offset, boolean[] into, int at) {
    learned.read(begin(window), into, at, length);
  }

  private long begin(long window) {
    int low = 0;
    int high = before.length() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (before.get(middle) <= window) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    long document = (long) low * STRIDE;
    long left = window - before.get(low);
    while (left >= windowsOf(document)) {
      left -= windowsOf(document);
      document++;
    }
    return tokens.documentBegin(document) + left * length;
  }
}
