package org.nemotron.runtime.engine;

import java.util.List;
import org.nemotron.runtime.cache.PagePool;

/** Foresees whether requests fit the memory until they end. */
final class PageForecast {
  // Every request grows by a token a step until it ends, and gives its pages back then. So the
  // pages that are held grow between two ends, and are most numerous just before an end: these
  // moments are looked at, one for each request. Requests that began at different times are at
  // different lengths, which is why more of them fit than if all were as long as they may become.

  /**
   * A request as it will grow.
   *
   * @param context how many tokens it has once its prompt has been read
   * @param more how many further tokens it is expected to get
   * @param held how many pages it holds already
   * @param shared how many of them others hold as well
   */
  record Growth(long context, long more, long held, long shared) {
    /** Returns how many pages are its own after so many more tokens. */
    private long ownAfter(PagePool pool, long tokens) {
      return Math.max(held, pool.pagesFor(context + tokens)) - shared;
    }
  }

  private PageForecast() {}

  /**
   * Returns whether {@code next} and all that run are expected to fit until they end.
   *
   * @param running the holders of all pages that are in use
   */
  static boolean fits(PagePool pool, List<Growth> running, Growth next) {
    long own = running.stream().mapToLong(one -> one.held() - one.shared()).sum();
    long room = pool.pageCount() - (pool.used() - own);
    long together = next.ownAfter(pool, next.more());
    for (Growth one : running) {
      together += one.ownAfter(pool, one.more());
    }
    if (together <= room) {
      return true; // even if all were at their longest at the same time
    }
    return peak(pool, running, next, next.more()) <= room
        && running.stream().allMatch(one -> peak(pool, running, next, one.more()) <= room);
  }

  /** Returns the pages of those that are still there after {@code tokens} steps. */
  private static long peak(PagePool pool, List<Growth> running, Growth next, long tokens) {
    long pages = next.more() >= tokens ? next.ownAfter(pool, tokens) : 0;
    for (Growth one : running) {
      if (one.more() >= tokens) {
        pages += one.ownAfter(pool, tokens);
      }
    }
    return pages;
  }
}
