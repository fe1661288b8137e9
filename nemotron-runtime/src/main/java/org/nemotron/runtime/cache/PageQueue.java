package org.nemotron.runtime.cache;

/**
 * Pages in the order in which they were added. Adding, and removing from anywhere, takes constant
 * time: a ring through the page ids, closed by one more id that is no page.
 */
final class PageQueue {
  private final int[] next;
  private final int[] previous;
  private final int end;
  private int size = 0;

  PageQueue(int pageCount) {
    end = pageCount;
    next = new int[pageCount + 1];
    previous = new int[pageCount + 1];
    next[end] = end;
    previous[end] = end;
  }

  int size() {
    return size;
  }

  /** Adds a page that is not in the queue, behind all that are. */
  void add(int page) {
    link(previous[end], page);
    link(page, end);
    size++;
  }

  /** Removes a page that is in the queue. */
  void remove(int page) {
    link(previous[page], next[page]);
    size--;
  }

  /** Returns the page that has been in the queue longest; there must be one. */
  int oldest() {
    return next[end];
  }

  private void link(int before, int after) {
    next[before] = after;
    previous[after] = before;
  }
}
