package org.nemotron.runtime.cache;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * Pages with consecutive ids: one slice of the KV cache. Immutable.
 *
 * @param first the id of the first page
 * @param pages how many there are
 */
public record PageRun(int first, int pages) {
  /** Checks the ranges. */
  public PageRun {
    checkArgument(first >= 0, "the first page (%s) must not be negative", first);
    checkArgument(pages > 0, "a run of %s pages must have one", pages);
  }
}
