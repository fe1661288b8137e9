package org.nemotron.nas.pipeline;

import java.io.Serial;
import org.nemotron.nas.search.SearchOutcome.NotFound;

/**
 * No architecture of the library keeps to the limits of a target; the message names the limit.
 *
 * <p>For a search this is an answer and a value ({@link
 * org.nemotron.nas.search.SearchOutcome.Infeasible}); a run has no result without the child of a
 * target, and ends before it trains any. Checked, because it depends on what was measured, not on a
 * mistake of the caller, who can ask again with a looser limit: finished stages are kept.
 */
public final class NoArchitectureException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  private final transient NotFound outcome;

  /** Makes the exception for {@code target}. */
  public NoArchitectureException(String target, NotFound outcome) {
    this(target, outcome, outcome.sentence());
  }

  /** Makes the exception for {@code target}, with what the search answered in other words. */
  NoArchitectureException(String target, NotFound outcome, String sentence) {
    super(
        String.format(
            "target %s: no architecture fits: %s.%n"
                + "Maybe a looser limit or a larger search space is wanted; finished stages are"
                + " kept.",
            target, sentence));
    this.outcome = outcome;
  }

  /**
   * Returns what the search answered: whether nothing fits, with the limits that clash and what
   * would be possible, or whether it ran out of time.
   */
  public NotFound outcome() {
    return outcome;
  }
}
