package org.nemotron.runtime.cache;

import com.google.common.base.Verify;
import com.google.common.primitives.ImmutableIntArray;
import java.util.BitSet;

/**
 * The pages that nobody holds and that keep nothing. Hands out ids that follow each other where it
 * can: the smallest run of free pages that is large enough, so that large runs last.
 */
final class FreePages {
  private final BitSet free = new BitSet();
  private int count;

  FreePages(int pageCount) {
    free.set(0, pageCount);
    count = pageCount;
  }

  int count() {
    return count;
  }

  void add(int page) {
    Verify.verify(!free.get(page), "page %s is free already", page);
    free.set(page);
    count++;
  }

  /**
   * Adds {@code wanted} pages to {@code pages}, the first of them next to the last that is there,
   * if that one is free.
   */
  void take(int wanted, ImmutableIntArray.Builder pages, int last) {
    Verify.verify(wanted <= count, "%s pages are wanted of %s free ones", wanted, count);
    int remaining = wanted;
    if (last >= 0 && free.get(last + 1)) {
      remaining -= takeRun(last + 1, remaining, pages);
    }
    while (remaining > 0) {
      remaining -= takeRun(bestRun(remaining), remaining, pages);
    }
  }

  private int takeRun(int first, int atMost, ImmutableIntArray.Builder pages) {
    int end = Math.min(free.nextClearBit(first), first + atMost);
    for (int page = first; page < end; page++) {
      pages.add(page);
    }
    free.clear(first, end);
    count -= end - first;
    return end - first;
  }

  /** Returns where the smallest run of at least {@code wanted} begins, or else the largest run. */
  private int bestRun(int wanted) {
    int best = -1;
    int bestLength = 0;
    for (int first = free.nextSetBit(0); first >= 0; ) {
      int end = free.nextClearBit(first);
      int length = end - first;
      boolean better =
          bestLength < wanted ? length > bestLength : length >= wanted && length < bestLength;
      if (better) {
        best = first;
        bestLength = length;
      }
      first = free.nextSetBit(end);
    }
    return best;
  }
}
