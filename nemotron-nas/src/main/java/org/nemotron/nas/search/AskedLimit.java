package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/**
 * One end of a budget, or of a count of a kind.
 *
 * @param of the name of the cost, or the kind
 * @param counts whether layers of a kind are counted; otherwise a cost is limited
 * @param fromAbove whether it is an upper limit
 * @param value the limit
 */
public record AskedLimit(String of, boolean counts, boolean fromAbove, double value) {

  /** Checks the parts. */
  public AskedLimit {
    checkNotNull(of, "what is limited must not be null");
    checkArgument(!Double.isNaN(value), "the limit of %s must be a number", of);
  }

  /**
   * Returns the limit in words: {@code "memoryBytes at most 24,000,000"}, {@code "at least 2 layers
   * of kind noop"}.
   */
  public String inWords() {
    String bound = (fromAbove ? "at most " : "at least ") + ReadableNumber.of(value);
    return counts ? bound + " layers of kind " + of : of + " " + bound;
  }
}
