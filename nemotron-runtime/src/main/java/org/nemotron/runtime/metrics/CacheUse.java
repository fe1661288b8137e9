package org.nemotron.runtime.metrics;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How the pages of the KV cache are used. Immutable.
 *
 * @param usedPages held by requests
 * @param cachedPages hold tokens of ended requests for later ones, until they are needed
 * @param freePages empty
 */
public record CacheUse(int usedPages, int cachedPages, int freePages) {
  /** Checks the ranges. */
  public CacheUse {
    checkArgument(
        usedPages >= 0 && cachedPages >= 0 && freePages >= 0,
        "pages (%s used, %s cached, %s free) must not be negative",
        usedPages,
        cachedPages,
        freePages);
  }

  /** Returns the share of pages that requests hold, from 0 to 1; 0 where there are no pages. */
  public double usedShare() {
    int pages = usedPages + cachedPages + freePages;
    return pages == 0 ? 0 : (double) usedPages / pages;
  }
}
