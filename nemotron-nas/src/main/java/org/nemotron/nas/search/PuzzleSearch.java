package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.nemotron.nas.search.exact.ExactSolver;
import org.nemotron.nas.search.exact.ScipSolver;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Solver;

/**
 * Finds the architecture of least score within all budgets, and proves it.
 *
 * <p>Immutable and safe for use by several threads; every call is independent of the others.
 *
 * <p>Source: Puzzle (Bercovich et al., 2024), section 4 and appendix B, where a general mixed
 * integer solver does this.
 */
public final class PuzzleSearch {
  private static final Duration UNLIMITED = Duration.ofDays(365);

  private final Solver solver;
  private final Solver exact;
  private final double relativeGap;
  private final Duration timeLimit;
  private final SearchListener listener;
  private final BooleanSupplier cancelled;
  private final Optional<TieBreak> tieBreak;

  private PuzzleSearch(Builder builder) {
    this.solver = builder.method.solver(builder.relativeGap);
    this.exact = builder.method.solver(0);
    this.relativeGap = builder.relativeGap;
    this.timeLimit = builder.timeLimit;
    this.listener = builder.listener;
    this.cancelled = builder.cancelled;
    this.tieBreak = builder.tieBreak;
  }

  /** Returns a search without a time limit: every answer is proven to be the best. */
  public static PuzzleSearch create() {
    return builder().build();
  }

  /** Returns a builder. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Returns the best solutions, as many and as far apart as the problem asks for.
   *
   * @param problem the alternatives, budgets and rules
   */
  public SearchOutcome solve(SearchProblem problem) {
    return solve(problem, solver);
  }

  private SearchOutcome solve(SearchProblem problem, Solver by) {
    if (tieBreak.isPresent()) {
      checkCost(problem, tieBreak.get().cost());
    }
    return new DiverseSearch(problem, by, tieBreak, deadline(), listener).solve();
  }

  /**
   * Returns the outcome for each of several batch sizes; the time limit holds for each.
   *
   * @param problems by batch size: the costs of the candidates, and perhaps the budgets, differ
   */
  public Batches solveBatches(Map<Integer, SearchProblem> problems) {
    ImmutableMap.Builder<Integer, SearchOutcome> outcomes = ImmutableMap.builder();
    problems.forEach((batch, problem) -> outcomes.put(batch, solve(problem)));
    return new Batches(outcomes.buildOrThrow());
  }

  /**
   * Returns how the best architecture depends on its budgets, empty when nothing fits; exact,
   * whatever the relative gap.
   */
  public Optional<Sensitivity> sensitivity(SearchProblem problem) {
    return new SensitivityAnalysis(problem, exact, deadline()).analyze();
  }

  /**
   * Returns whether the best architecture is really better than the next one, given the standard
   * errors of the scores; empty when there are no two that fit. Exact, whatever the relative gap.
   */
  public Optional<Confidence> confidence(SearchProblem problem) {
    SearchOutcome outcome = solve(problem.toBuilder().solutions(2).build(), exact);
    return outcome instanceof SearchOutcome.Found found && found.solutions().size() == 2
        ? Optional.of(Confidence.of(found.solutions().get(0), found.solutions().get(1)))
        : Optional.empty();
  }

  /**
   * Returns the best architecture for evenly spaced limits from above on one cost, from the least
   * that some architecture respects to the one above which the score falls no further. The budgets
   * of the problem stay; where a budget from below on this cost lies among values so dense that the
   * least cannot be proven, the first limit is a step above it.
   *
   * @param cost the cost whose limit varies
   * @param points how many limits, at least 2
   */
  public Frontier frontier(SearchProblem problem, String cost, int points) {
    checkArgument(points >= 2, "points (%s) must be at least 2", points);
    checkCost(problem, cost);
    return new FrontierSearch(problem, cost, solver, relativeGap, deadline(), listener)
        .evenly(points);
  }

  /**
   * Returns every architecture that is best for some limit from above on one cost, from {@code low}
   * to {@code high}. The budgets of the problem stay. Exact, whatever the relative gap; just above
   * a budget from below there can be more than any time limit allows for.
   */
  public Frontier frontier(SearchProblem problem, String cost, double low, double high) {
    checkArgument(low <= high, "low (%s) must not exceed high (%s)", low, high);
    checkCost(problem, cost);
    return new FrontierSearch(problem, cost, exact, 0, deadline(), listener).everyStep(low, high);
  }

  /**
   * Returns the best architectures over a grid of evenly spaced limits from above on two costs,
   * each from the least that some architecture respects to the one above which the score falls no
   * further. The budgets of the problem stay.
   *
   * @param points how many limits on {@code cost}, at least 2
   * @param otherPoints how many limits on {@code otherCost}, at least 2
   */
  public FrontierGrid grid(
      SearchProblem problem, String cost, int points, String otherCost, int otherPoints) {
    checkArgument(points >= 2, "points (%s) must be at least 2", points);
    checkArgument(otherPoints >= 2, "otherPoints (%s) must be at least 2", otherPoints);
    checkCost(problem, cost);
    checkCost(problem, otherCost);
    return new GridSearch(problem, solver, relativeGap, deadline(), listener)
        .evenly(cost, points, otherCost, otherPoints);
  }

  private static void checkCost(SearchProblem problem, String cost) {
    checkArgument(
        problem.costNames().contains(cost),
        "cost %s must be one of the candidates' costs %s",
        cost,
        problem.costNames());
  }

  private Deadline deadline() {
    return Deadline.startingNow(timeLimit, cancelled);
  }

  /** The solver. */
  public enum Method {
    /** This library's own method; SCIP goes on where that would need too much memory. */
    OWN,
    /** SCIP alone, with the problem as it stands: to compare with. */
    SCIP;

    private Solver solver(double relativeGap) {
      return switch (this) {
        case OWN -> new ExactSolver(relativeGap);
        case SCIP -> new ScipSolver(relativeGap);
      };
    }
  }

  /** Collects the settings of a {@link PuzzleSearch}. */
  public static final class Builder {
    private Duration timeLimit = UNLIMITED;
    private double relativeGap;
    private SearchListener listener = SearchListener.SILENT;
    private BooleanSupplier cancelled = Deadline.NEVER;
    private Method method = Method.OWN;
    private Optional<TieBreak> tieBreak = Optional.empty();

    private Builder() {}

    /** Sets after how long a call returns the best it has found; unlimited unless set. */
    @CanIgnoreReturnValue
    public Builder timeLimit(Duration limit) {
      checkArgument(
          !limit.isNegative() && !limit.isZero(), "timeLimit (%s) must be positive", limit);
      timeLimit = limit.compareTo(UNLIMITED) < 0 ? limit : UNLIMITED;
      return this;
    }

    /**
     * Sets how far the bound of a solution may stay below its score, as a share of the score: a
     * weaker proof, sooner. 0 unless set: every solution is proven to be the best.
     */
    @CanIgnoreReturnValue
    public Builder relativeGap(double gap) {
      checkArgument(0 <= gap && gap < 1, "relativeGap (%s) must be from 0 to less than 1", gap);
      relativeGap = gap;
      return this;
    }

    /** Sets the listener that is called after every solution and point. */
    @CanIgnoreReturnValue
    public Builder listener(SearchListener newListener) {
      listener = newListener;
      return this;
    }

    /** Sets the condition, evaluated often, that stops a call, which returns the best it found. */
    @CanIgnoreReturnValue
    public Builder cancelledWhen(BooleanSupplier newCancelled) {
      cancelled = newCancelled;
      return this;
    }

    /** Sets which architecture to prefer among equal scores; any unless set. */
    @CanIgnoreReturnValue
    public Builder breakTies(TieBreak newTieBreak) {
      tieBreak = Optional.of(newTieBreak);
      return this;
    }

    /** Sets the solver; this library's own unless set. */
    @CanIgnoreReturnValue
    public Builder method(Method newMethod) {
      method = newMethod;
      return this;
    }

    /** Returns the search. */
    public PuzzleSearch build() {
      return new PuzzleSearch(this);
    }
  }
}
