package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The result of a search: solutions, or the reason why there are none. */
public sealed interface SearchOutcome {

  /** Returns how long the search took. */
  Duration elapsed();

  /**
   * Returns the best architecture, for callers that know that there is one.
   *
   * @throws NoSuchElementException if nothing was found; the message says why
   */
  Solution orElseThrow();

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
   * At least one architecture respects every budget and rule.
   *
   * @param solutions best first; each differs from every earlier one in at least as many layers as
   *     the problem asks, and is the best such one when its gap is 0
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

    @Override
    public Solution orElseThrow() {
      return best();
    }
  }

  /** There is no solution, for a reason. */
  sealed interface NotFound extends SearchOutcome {
    /** Returns the reason as a sentence, without its full stop. */
    String sentence();

    @Override
    default Solution orElseThrow() {
      throw new NoSuchElementException("no architecture was found: " + sentence());
    }
  }

  /**
   * Proven: no architecture respects every budget and rule.
   *
   * @param budget the cost of the budget that cannot be met, or {@code "layers of kind K"} when it
   *     is a count of a kind. Of several that clash, the first
   * @param limit the limit that was asked for
   * @param leastPossible the value nearest to that limit which an architecture can have while it
   *     respects the rest of {@code clash}: the least one for a limit from above, the greatest one
   *     for a limit from below
   * @param clash a smallest set of budgets and counts that no architecture respects together, the
   *     named one first; the named one alone when it cannot be met by itself. Where two are on the
   *     same cost or kind, their names include their limits: {@code "memoryBytes at most 5.0"}
   * @param pins the forced and forbidden candidates that take part: without any one of them, some
   *     architecture respects the clash. Of many, some that could not be ruled out in seconds may
   *     be among them
   * @param repairs for every member of the clash that could be changed alone so that some
   *     architecture respects everything: the value nearest to its limit that would do
   * @param elapsed how long the search took
   */
  record Infeasible(
      String budget,
      double limit,
      double leastPossible,
      ImmutableList<String> clash,
      ImmutableList<Rule.Pin> pins,
      ImmutableMap<String, Double> repairs,
      Duration elapsed)
      implements NotFound {

    @Override
    public String sentence() {
      String rest =
          Stream.concat(clash.stream().skip(1), pins.stream().map(Rule.Pin::inWords))
              .collect(Collectors.joining(" and "));
      return String.format(
          Locale.ROOT,
          "%s is limited to %.6g, but the nearest that an architecture can have is %.6g%s",
          budget,
          limit,
          leastPossible,
          rest.isEmpty() ? "" : ", given " + rest);
    }
  }

  /**
   * The time ran out, or the caller cancelled, before any architecture that respects every budget
   * and rule was found; there may be one.
   *
   * @param bound a lower bound on the score of every such architecture
   * @param elapsed how long the search took
   */
  record OutOfTime(double bound, Duration elapsed) implements NotFound {

    @Override
    public String sentence() {
      return "the search ran out of time after " + elapsed.toSeconds() + " s";
    }
  }
}
