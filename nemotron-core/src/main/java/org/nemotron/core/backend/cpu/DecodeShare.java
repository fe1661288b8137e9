package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;

/**
 * One thread's share of the attention of single rows. An item is one row with one key/value head;
 * items are numbered row by row, and shared out in runs that see about as many pages.
 *
 * @param pieces of one row each
 * @param kvHeads of the layer
 * @param from the share's first item
 * @param to end of the share, exclusive
 */
record DecodeShare(ImmutableList<BatchRows.Piece> pieces, int kvHeads, int from, int to) {
  /** Returns the share of thread {@code index} of {@code count}. */
  static DecodeShare of(ImmutableList<BatchRows.Piece> pieces, int kvHeads, int index, int count) {
    long pages = pieces.stream().mapToLong(BatchRows.Piece::seenPages).sum() * kvHeads;
    int from = firstItem(pieces, kvHeads, pages * index / count);
    int to = firstItem(pieces, kvHeads, pages * (index + 1) / count);
    return new DecodeShare(pieces, kvHeads, from, to);
  }

  /** Returns the first item before which at least {@code pages} pages are seen. */
  private static int firstItem(ImmutableList<BatchRows.Piece> pieces, int kvHeads, long pages) {
    long before = 0;
    int item = 0;
    for (BatchRows.Piece piece : pieces) {
      for (int head = 0; head < kvHeads; head++, item++) {
        if (before >= pages) {
          return item;
        }
        before += piece.seenPages();
      }
    }
    return item;
  }

  /** Returns the items {@code from} to {@code to} of this share. */
  DecodeShare range(int from, int to) {
    return new DecodeShare(pieces, kvHeads, from, to);
  }

  int items() {
    return to - from;
  }

  BatchRows.Piece piece(int item) {
    return pieces.get(item / kvHeads);
  }

  int kvHead(int item) {
    return item % kvHeads;
  }

  /** Returns how many tokens all items see. */
  long seen() {
    long seen = 0;
    for (int item = from; item < to; item++) {
      seen += piece(item).seen();
    }
    return seen;
  }

  /** Returns how many pages all items see. */
  int seenPages() {
    int pages = 0;
    for (int item = from; item < to; item++) {
      pages += piece(item).seenPages();
    }
    return pages;
  }
}
