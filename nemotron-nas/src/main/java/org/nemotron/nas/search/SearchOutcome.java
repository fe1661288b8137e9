package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.Duration;
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

  /** Why a search ended. */
  enum Ending {
    /** As many solutions as asked for were found. */
    COMPLETE("found what was asked for"),
    /** Fewer than asked for were found, and it is proven that there are no more. */
    EXHAUSTED("proved that there is no more"),
    /** The time ran out: the last solution may have a gap, later ones are missing. */
    OUT_OF_TIME("ran out of time"),
    /**
     * The proof would take more memory than the labels may take: the last solution has a gap, later
     * ones are missing. A larger heap or {@link PuzzleSearch.Builder#memoryShare} gives them more;
     * with OR-Tools on the class path, SCIP goes on where they end.
     */
    OUT_OF_MEMORY("ran out of memory for labels"),
    /**
     * The caller cancelled, or interrupted the searching thread: the last solution may have a gap,
     * later ones are missing.
     */
    CANCELLED("was cancelled");

    private final String words;

    Ending(String words) {
      this.words = words;
    }

    /** Returns what happened, to follow a subject: {@code "ran out of time"}. */
    public String inWords() {
      return words;
    }
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
   * @param clash a smallest set of limits that no architecture respects together; one alone when it
   *     cannot be met by itself. Empty when the time was over before they were found
   * @param nearest the value nearest to the first limit of the clash that an architecture can have
   *     while it respects the others: the least one for a limit from above, the greatest one for a
   *     limit from below. NaN when it could not be proven in a second
   * @param pins the forced and forbidden candidates that take part: without any one of them, some
   *     architecture respects the clash. Of many, some that could not be ruled out in a second may
   *     be among them
   * @param repairs for the limits of the clash that could be changed alone so that some
   *     architecture respects everything: the value nearest to the limit that would do, where it
   *     was proven in time
   * @param elapsed how long the search took
   */
  record Infeasible(
      ImmutableList<AskedLimit> clash,
      double nearest,
      ImmutableList<Rule.Pin> pins,
      ImmutableMap<AskedLimit, Double> repairs,
      Duration elapsed)
      implements NotFound {

    @Override
    public String sentence() {
      if (clash.isEmpty()) {
        return "no architecture respects every budget and rule; which of them clash was not found";
      }
      AskedLimit first = clash.get(0);
      String rest =
          Stream.concat(
                  clash.stream().skip(1).map(AskedLimit::inWords),
                  pins.stream().map(Rule.Pin::inWords))
              .collect(Collectors.joining(" and "));
      String end = first.fromAbove() ? "least" : "greatest";
      return first.inWords()
          + " cannot be met"
          + (Double.isNaN(nearest)
              ? ""
              : ": the " + end + " that an architecture can have is " + rounded(first))
          + (rest.isEmpty() ? "" : ", given " + rest);
    }

    /** Returns the nearest value, in full where it would look like the limit. */
    private String rounded(AskedLimit limit) {
      String rounded = ReadableNumber.rounded(nearest);
      return rounded.equals(ReadableNumber.rounded(limit.value()))
          ? ReadableNumber.of(nearest)
          : rounded;
    }
  }

  /**
   * The search ended before any architecture that respects every budget and rule was found; there
   * may be one.
   */
  sealed interface Unfinished extends NotFound {
    /** Returns a lower bound on the score of every such architecture. */
    double bound();

    /** Returns why the search ended. */
    Ending ending();

    @Override
    default String sentence() {
      return "the search " + ending().inWords() + " after " + elapsed().toSeconds() + " s";
    }
  }

  /**
   * The time ran out before anything was found.
   *
   * @param bound a lower bound on the score of every architecture that respects the problem
   * @param elapsed how long the search took
   */
  record OutOfTime(double bound, Duration elapsed) implements Unfinished {
    @Override
    public Ending ending() {
      return Ending.OUT_OF_TIME;
    }
  }

  /**
   * The memory that the labels may take did not suffice to find anything: see {@link
   * PuzzleSearch.Builder#memoryShare}.
   *
   * @param bound a lower bound on the score of every architecture that respects the problem
   * @param elapsed how long the search took
   */
  record OutOfMemory(double bound, Duration elapsed) implements Unfinished {
    @Override
    public Ending ending() {
      return Ending.OUT_OF_MEMORY;
    }
  }

  /**
   * The caller cancelled, or interrupted the searching thread, before anything was found.
   *
   * @param bound a lower bound on the score of every architecture that respects the problem
   * @param elapsed how long the search took
   */
  record Cancelled(double bound, Duration elapsed) implements Unfinished {
    @Override
    public Ending ending() {
      return Ending.CANCELLED;
    }
  }
}
