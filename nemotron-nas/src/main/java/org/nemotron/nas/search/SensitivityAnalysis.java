package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Moves one limit at a time and searches for where the best architecture changes. */
final class SensitivityAnalysis {
  /** A score must be lower by this share to be better, not merely added in another order. */
  private static final double ROUNDING = 1e-12;

  private final SearchProblem problem;
  private final LayerGraph network;
  private final Solver solver;
  private final Deadline deadline;
  private boolean complete = true;

  SensitivityAnalysis(SearchProblem problem, Solver solver, Deadline deadline) {
    this.problem = problem;
    this.network = LayerGraph.of(problem);
    this.solver = solver;
    this.deadline = deadline;
  }

  /** Returns the analysis, empty when nothing fits or no time was left. */
  Optional<Sensitivity> analyze() {
    return best(network).map(this::analyze);
  }

  private Sensitivity analyze(SolverAnswer.Best best) {
    ReducedProblem core = ReducedProblem.of(network);
    Multipliers dual =
        ColumnGeneration.ascend(core, new double[core.rows()], Double.POSITIVE_INFINITY, ROUNDING);
    ImmutableList.Builder<Sensitivity.Entry> entries = ImmutableList.builder();
    for (int row = 0; row < problem.budgets().size(); row++) {
      Budget budget = problem.budgets().get(row);
      if (budget.atMost() < Double.POSITIVE_INFINITY) {
        entries.add(entry(best.path(), row, 1, price(core, dual, row, 1)));
      }
      if (budget.atLeast() > Double.NEGATIVE_INFINITY) {
        entries.add(entry(best.path(), row, -1, price(core, dual, row, -1)));
      }
    }
    return new Sensitivity(
        Solutions.of(problem, network, best.path(), best.bound()),
        entries.build(),
        complete && !deadline.isPast(),
        deadline.elapsed());
  }

  private static double price(ReducedProblem core, Multipliers dual, int row, int sign) {
    double price = 0;
    for (int i = 0; i < core.rows(); i++) {
      ReducedProblem.Side side = core.sides.get(i);
      if (side.row() == row && side.factor() * sign > 0) {
        price = dual.multipliers[i] * Math.abs(side.factor()) / core.scale;
      }
    }
    return price;
  }

  /**
   * Looks at one end of a row.
   *
   * @param sign 1 for the upper end, -1 for the lower one, which is the upper one of the negated
   *     row
   */
  private Sensitivity.Entry entry(Path chosen, int row, int sign, double price) {
    Constraint asked = network.rows.get(row);
    Constraint upper = sign > 0 ? asked : asked.negated();
    double score = network.score(chosen);
    double better = betterLimit(row, upper, score);
    double betterScore = better < Double.POSITIVE_INFINITY ? bestScore(row, upper, better) : score;
    double worse = upper.value(chosen);
    return new Sensitivity.Entry(
        asked.name,
        sign * upper.atMost,
        sign > 0,
        price,
        sign * better,
        betterScore,
        sign * worse,
        bestScore(row, upper, Math.nextDown(worse)));
  }

  /** Returns the least value of a row at which something better than {@code score} fits. */
  private double betterLimit(int row, Constraint upper, double score) {
    double below = score - ROUNDING * Math.max(Math.abs(score), Double.MIN_NORMAL);
    LayerGraph free = replaced(row, upper, Double.POSITIVE_INFINITY);
    return best(free.plusRow(free.objectiveRow(below)).withObjective(upper.coefficients))
        .map(found -> upper.value(found.path()))
        .orElse(Double.POSITIVE_INFINITY);
  }

  private double bestScore(int row, Constraint upper, double limit) {
    return best(replaced(row, upper, limit))
        .map(found -> network.score(found.path()))
        .orElse(Double.POSITIVE_INFINITY);
  }

  private LayerGraph replaced(int row, Constraint upper, double limit) {
    List<Constraint> rows = new ArrayList<>(network.rows);
    rows.set(row, upper.between(upper.atLeast, limit));
    return network.withRows(rows);
  }

  private Optional<SolverAnswer.Best> best(LayerGraph asked) {
    SolverAnswer answer = solver.solve(asked, deadline);
    if (answer instanceof SolverAnswer.Best best) {
      complete &= best.bound() >= asked.score(best.path());
      return Optional.of(best);
    }
    complete &= answer instanceof SolverAnswer.None;
    return Optional.empty();
  }
}
