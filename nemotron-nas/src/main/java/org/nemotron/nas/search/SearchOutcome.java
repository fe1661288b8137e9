package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.NoSuchElementException;

/** What a search came to. */
public sealed interface SearchOutcome {

  /** Returns how long the search took. */
  Duration elapsed();

  /**
   * Returns the best architecture, for callers that know that there is one.
   *
   * @throws NoSuchElementException if nothing was found; the message is the outcome
   */
  default Solution orElseThrow() {
    if (this instanceof Found found) {
      return found.best();
    }
    throw new NoSuchElementException("no architecture was found: " + this);
  }

  /** Why a search that found something ended. */
  enum Ending {
    /** As many solutions as asked for were found. */
    COMPLETE,
    /** Fewer than asked for were found, and it is proven that there are no more. */
    EXHAUSTED,
    /** The time ran out: the last solution may have a gap, later ones are missing. */
    OUT_OF_TIME,
    /** The caller cancelled: the last solution may have a gap, later ones are missing. */
    CANCELLED
  }

  /**
   * At least one architecture meets every demand.
   *
   * @param solutions best first; each at least the demanded number of layers away from every
   *     earlier one, and the best such one when its gap is 0
   * @param ending why there are not more
   * @param elapsed how long the search took
   */
  record Found(ImmutableList<Solution> solutions, Ending ending, Duration elapsed)
      implements SearchOutcome {
    /** Checks that there is a solution. */
    public Found {
      checkArgument(!solutions.isEmpty(), "a search that found something must hold a solution");
    }

    /** Returns the best architecture. */
    public Solution best() {
      return solutions.get(0);
    }
  }

  /**
   * Proven: no architecture meets every demand.
   *
   * @param budget the cost of the budget that cannot be met, or {@code "layers of kind K"} when it
   *     is a demand on a kind. Of several that clash, the first
   * @param limit the limit that was asked for
   * @param leastPossible the value nearest to that limit which an architecture can have while it
   *     respects the rest of {@code clash}: the least one for a limit from above, the greatest one
   *     for a limit from below
   * @param clash a smallest set of budgets and kinds that cannot be met together, the named one
   *     first; the named one alone when it cannot be met by itself
   * @param repairs for every member of the clash that could be changed alone so that some
   *     architecture meets everything: the value nearest to its limit that would do
   * @param elapsed how long the search took
   */
  record Infeasible(
      String budget,
      double limit,
      double leastPossible,
      ImmutableList<String> clash,
      ImmutableMap<String, Double> repairs,
      Duration elapsed)
      implements SearchOutcome {}

  /**
   * The time ran out, or the caller cancelled, before any architecture that meets every demand was
   * found; there may be one.
   *
   * @param bound no architecture that meets the demands has a score below this
   * @param elapsed how long the search took
   */
  record OutOfTime(double bound, Duration elapsed) implements SearchOutcome {}
}
