package org.nemotron.nas.search;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableMap;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.nemotron.nas.search.exact.ExactSolver;
import org.nemotron.nas.search.exact.Scip;
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
  private final Solver solver;
  private final Solver exact;
  private final ExactSolver own;
  private final double relativeGap;
  private final Duration timeLimit;
  private final SearchListener listener;
  private final BooleanSupplier cancelled;
  private final Optional<TieBreak> tieBreak;

  private PuzzleSearch(Builder builder) {
    long labelBytes = ExactSolver.bytesOfHeap(builder.memoryShare);
    this.solver = builder.method.solver(builder.relativeGap, labelBytes);
    this.exact = builder.method.solver(0, labelBytes);
    this.own = new ExactSolver(0, labelBytes);
    this.relativeGap = builder.relativeGap;
    this.timeLimit = builder.timeLimit;
    this.listener = builder.listener;
    this.cancelled = builder.cancelled;
    this.tieBreak = builder.tieBreak;
  }

  /**
   * Returns a search without a time limit: every answer is proven to be the best, unless memory
   * ends it. Most problems take less than a second, some take minutes: {@link Builder#relativeGap}
   * and {@link Builder#timeLimit} bound that.
   */
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
    return solve(problem, solver, relativeGap);
  }

  private SearchOutcome solve(SearchProblem problem, Solver by, double gap) {
    checkProblem(problem);
    if (tieBreak.isPresent()) {
      checkCost(problem, tieBreak.get().cost());
    }
    return new DiverseSearch(problem, by, own, gap, tieBreak, deadline(), listener).solve();
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
    checkProblem(problem);
    return new SensitivityAnalysis(problem, exact, deadline()).analyze();
  }

  /**
   * Returns whether the best architecture is really better than the next one, given the standard
   * errors of the scores; empty when there are no two that fit. Exact, whatever the relative gap.
   */
  public Optional<Confidence> confidence(SearchProblem problem) {
    checkProblem(problem);
    SearchOutcome outcome = solve(problem.toBuilder().solutions(2).build(), exact, 0);
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

  private static void checkProblem(SearchProblem problem) {
    checkNotNull(problem, "the problem must not be null");
  }

  private static void checkCost(SearchProblem problem, String cost) {
    checkProblem(problem);
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
    /**
     * This library's own method. Where that would need too much memory SCIP goes on, if the
     * application has OR-Tools ({@code com.google.ortools:ortools-java}) on its class path.
     */
    OWN,
    /** SCIP alone, with the problem as it stands: to compare with. Needs OR-Tools. */
    SCIP;

    private Solver solver(double relativeGap, long labelBytes) {
      return switch (this) {
        case OWN -> new ExactSolver(relativeGap, labelBytes);
        case SCIP -> new ScipSolver(relativeGap);
      };
    }
  }

  /** Collects the settings of a {@link PuzzleSearch}. */
  public static final class Builder {
    private Duration timeLimit = Deadline.UNLIMITED;
    private double memoryShare = ExactSolver.MEMORY_SHARE;
    private double relativeGap;
    private SearchListener listener = SearchListener.SILENT;
    private BooleanSupplier cancelled = Deadline.NEVER;
    private Method method = Method.OWN;
    private Optional<TieBreak> tieBreak = Optional.empty();

    private Builder() {}

    /**
     * Sets after how long a call returns the best it has found; unlimited unless set. A frontier or
     * grid tries each of its points with a share of it, and spends what is left on those that are
     * not proven.
     */
    @CanIgnoreReturnValue
    public Builder timeLimit(Duration limit) {
      checkArgument(
          !limit.isNegative() && !limit.isZero(), "timeLimit (%s) must be positive", limit);
      timeLimit = limit.compareTo(Deadline.UNLIMITED) < 0 ? limit : Deadline.UNLIMITED;
      return this;
    }

    /**
     * Sets what share of the greatest heap the labels of a search may take; a quarter unless set.
     * Where a proof needs more, the answer has a gap and ends as {@link
     * SearchOutcome.Ending#OUT_OF_MEMORY}. Searches at the same time take it each.
     *
     * @param share more than 0 and at most 0.9
     */
    @CanIgnoreReturnValue
    public Builder memoryShare(double share) {
      checkArgument(0 < share && share <= 0.9, "memoryShare (%s) must be from 0 to 0.9", share);
      memoryShare = share;
      return this;
    }

    /**
     * Sets how far the bound of a solution may stay below its score, as a share of the score: a
     * weaker proof, sooner: 1e-4 is often there in a tenth of a second where the proof takes
     * minutes. 0 unless set: every solution is proven to be the best.
     */
    @CanIgnoreReturnValue
    public Builder relativeGap(double gap) {
      checkArgument(0 <= gap && gap < 1, "relativeGap (%s) must be from 0 to less than 1", gap);
      relativeGap = gap;
      return this;
    }

    /** Sets the listener that is called after every solution, point and improvement. */
    @CanIgnoreReturnValue
    public Builder listener(SearchListener newListener) {
      listener = newListener;
      return this;
    }

    /**
     * Sets the condition, evaluated often, that stops a call, which returns the best it found. To
     * interrupt the searching thread does the same; its interrupt status stays set.
     */
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

    /**
     * Returns the search.
     *
     * @throws IllegalStateException if the method is SCIP and OR-Tools is not on the class path
     */
    public PuzzleSearch build() {
      checkState(
          method != Method.SCIP || Scip.isPresent(),
          "method SCIP needs OR-Tools, which is not on the class path.\n"
              + "Maybe add the dependency com.google.ortools:ortools-java, or take method OWN.");
      return new PuzzleSearch(this);
    }
  }
}
