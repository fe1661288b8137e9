package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import org.nemotron.nas.search.exact.ShadowPrices;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Moves one limit at a time and finds where the best architecture changes. */
final class SensitivityAnalysis {
  /** A score must be lower by this share to be better, not merely added in another order. */
  private static final double ROUNDING = 1e-12;

  private final Formulation formulation;
  private final PathProblem problem;
  private final Solver solver;
  private final Deadline deadline;
  private boolean complete = true;

  SensitivityAnalysis(SearchProblem problem, Solver solver, Deadline deadline) {
    this.formulation = Formulation.of(problem);
    this.problem = formulation.paths();
    this.solver = solver;
    this.deadline = deadline;
  }

  /** Returns the analysis, empty when nothing fits or no time was left. */
  Optional<Sensitivity> analyze() {
    return best(problem).map(this::analyze);
  }

  private Sensitivity analyze(SolverAnswer.Best best) {
    ShadowPrices prices = ShadowPrices.of(problem);
    ImmutableList<Budget> budgets = formulation.problem().budgets();
    ImmutableList.Builder<Sensitivity.Entry> entries = ImmutableList.builder();
    for (int index = 0; index < budgets.size(); index++) {
      if (budgets.get(index).atMost() < Double.POSITIVE_INFINITY) {
        entries.add(entry(best.path(), index, 1, prices));
      }
      if (budgets.get(index).atLeast() > Double.NEGATIVE_INFINITY) {
        entries.add(entry(best.path(), index, -1, prices));
      }
    }
    return new Sensitivity(
        Solutions.of(formulation, best.path(), best.bound()),
        entries.build(),
        complete && !deadline.isPast(),
        deadline.elapsed());
  }

  /**
   * Analyzes one end of a budget.
   *
   * @param index the index of its constraint
   * @param sign 1 for the upper limit, -1 for the lower one, which is the upper one of the negated
   *     constraint
   */
  private Sensitivity.Entry entry(Path chosen, int index, int sign, ShadowPrices prices) {
    Constraint asked = problem.constraints().get(index);
    Constraint upper = sign > 0 ? asked : asked.negated();
    double score = problem.objective(chosen);
    double better = betterLimit(index, upper, score);
    double betterScore =
        better == Double.POSITIVE_INFINITY
            ? score
            : Double.isNaN(better) ? Double.NaN : bestScore(index, upper, better);
    double worse = upper.value(chosen);
    return new Sensitivity.Entry(
        asked.name(),
        sign * upper.atMost(),
        sign > 0,
        prices.of(index, sign),
        sign * better,
        betterScore,
        sign * worse,
        bestScore(index, upper, Math.nextDown(worse)));
  }

  /**
   * Returns the least value of a constraint at which something better than {@code score} fits,
   * infinite when nothing does, NaN when neither is proven.
   */
  private double betterLimit(int index, Constraint upper, double score) {
    double below = score - ROUNDING * Math.max(Math.abs(score), Double.MIN_NORMAL);
    PathProblem free = replaced(index, upper, Double.POSITIVE_INFINITY);
    return proven(
        free.plus(free.objectiveAtMost(below)).withObjective(upper.coefficients()), upper::value);
  }

  private double bestScore(int index, Constraint upper, double limit) {
    return proven(replaced(index, upper, limit), problem::objective);
  }

  /** Returns a number of the best path, infinite when there is none, NaN when it is not proven. */
  private double proven(PathProblem asked, ToDoubleFunction<Path> number) {
    boolean before = complete;
    complete = true;
    Optional<SolverAnswer.Best> best = best(asked);
    boolean known = complete;
    complete &= before;
    return known
        ? best.map(found -> number.applyAsDouble(found.path())).orElse(Double.POSITIVE_INFINITY)
        : Double.NaN;
  }

  private PathProblem replaced(int index, Constraint upper, double limit) {
    List<Constraint> constraints = new ArrayList<>(problem.constraints());
    constraints.set(index, upper.between(upper.atLeast(), limit));
    return problem.withConstraints(constraints);
  }

  private Optional<SolverAnswer.Best> best(PathProblem asked) {
    SolverAnswer answer = solver.solve(asked, deadline);
    if (answer instanceof SolverAnswer.Best best) {
      complete &= best.bound() >= asked.objective(best.path());
      return Optional.of(best);
    }
    complete &= answer instanceof SolverAnswer.None;
    return Optional.empty();
  }
}
