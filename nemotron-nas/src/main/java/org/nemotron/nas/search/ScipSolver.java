package org.nemotron.nas.search;

import com.google.common.primitives.ImmutableIntArray;
import com.google.ortools.Loader;
import com.google.ortools.linearsolver.MPConstraint;
import com.google.ortools.linearsolver.MPObjective;
import com.google.ortools.linearsolver.MPSolver;
import com.google.ortools.linearsolver.MPSolverParameters;
import com.google.ortools.linearsolver.MPVariable;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands the network to SCIP as it stands, one binary variable per arc.
 *
 * <p>SCIP accepts a row that is violated by a millionth. A path that misses a row when added
 * exactly is excluded and the problem solved again, so that no answer breaks a demand.
 */
final class ScipSolver implements Solver {
  private final double relativeGap;

  /**
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   */
  ScipSolver(double relativeGap) {
    this.relativeGap = relativeGap;
  }

  @Override
  public SolverAnswer solve(LayerGraph network, Deadline deadline) {
    Loader.loadNativeLibraries();
    List<Path> refused = new ArrayList<>();
    while (true) {
      SolverAnswer answer = solveOnce(network, refused, deadline);
      if (!(answer instanceof SolverAnswer.Best best) || network.allows(best.path())) {
        return answer;
      }
      if (deadline.isPast()) {
        return new SolverAnswer.Stopped(best.bound());
      }
      refused.add(best.path());
    }
  }

  private SolverAnswer solveOnce(LayerGraph network, List<Path> refused, Deadline deadline) {
    MPSolver solver = MPSolver.createSolver("SCIP");
    try {
      MPVariable[] taken = solver.makeBoolVarArray(network.arcs());
      double scale = Scaling.ofMost(network.objective);
      addObjective(solver, network, scale, taken);
      addFlow(solver, network, taken);
      network.rows.forEach(row -> addRow(solver, row, taken));
      refused.forEach(path -> addRow(solver, network.distanceRow(path, 1), taken));
      return run(solver, network, scale, taken, deadline);
    } finally {
      solver.delete();
    }
  }

  /** Multiplies by {@code scale}, as SCIP takes differences below a billionth for none. */
  private static void addObjective(
      MPSolver solver, LayerGraph network, double scale, MPVariable[] taken) {
    MPObjective objective = solver.objective();
    for (int arc = 0; arc < taken.length; arc++) {
      objective.setCoefficient(taken[arc], network.objective[arc] * scale);
    }
    objective.setMinimization();
  }

  /** Every node but the last is left as often as it is entered, the first one once. */
  private static void addFlow(MPSolver solver, LayerGraph network, MPVariable[] taken) {
    MPConstraint[] nodes = new MPConstraint[network.layers + 1];
    for (int node = 0; node < network.layers; node++) {
      double supply = node == 0 ? 1 : 0;
      nodes[node] = solver.makeConstraint(supply, supply);
    }
    nodes[network.layers] = solver.makeConstraint(-1, -1);
    for (int arc = 0; arc < taken.length; arc++) {
      nodes[network.from[arc]].setCoefficient(taken[arc], 1);
      nodes[network.to[arc]].setCoefficient(taken[arc], -1);
    }
  }

  /** Adds a row divided by its largest coefficient: costs in bytes would drown the others. */
  private static void addRow(MPSolver solver, Constraint row, MPVariable[] taken) {
    double largest = 0;
    for (double coefficient : row.coefficients) {
      largest = Math.max(largest, Math.abs(coefficient));
    }
    double scale = largest == 0 ? 1 : largest;
    MPConstraint constraint =
        solver.makeConstraint((row.atLeast - row.fixed) / scale, (row.atMost - row.fixed) / scale);
    for (int arc = 0; arc < taken.length; arc++) {
      if (row.coefficients[arc] != 0) {
        constraint.setCoefficient(taken[arc], row.coefficients[arc] / scale);
      }
    }
  }

  private SolverAnswer run(
      MPSolver solver, LayerGraph network, double scale, MPVariable[] taken, Deadline deadline) {
    solver.setTimeLimit(Math.max(1, deadline.left().toMillis()));
    return switch (solver.solve(parameters())) {
      case OPTIMAL -> {
        Path path = path(taken);
        double score = network.score(path);
        yield new SolverAnswer.Best(path, relativeGap == 0 ? score : bound(solver, scale, score));
      }
      case FEASIBLE -> {
        Path path = path(taken);
        yield new SolverAnswer.Best(path, bound(solver, scale, network.score(path)));
      }
      case INFEASIBLE -> new SolverAnswer.None();
      case NOT_SOLVED -> new SolverAnswer.Stopped(Double.NEGATIVE_INFINITY);
      case UNBOUNDED, ABNORMAL, MODEL_INVALID ->
          throw new IllegalStateException("SCIP could not read the search problem");
    };
  }

  private static double bound(MPSolver solver, double scale, double score) {
    return Math.min(solver.objective().bestBound() / scale, score);
  }

  private MPSolverParameters parameters() {
    MPSolverParameters parameters = new MPSolverParameters();
    parameters.setDoubleParam(MPSolverParameters.DoubleParam.RELATIVE_MIP_GAP, relativeGap);
    return parameters;
  }

  /** Follows the arcs that SCIP took from the first node to the last. */
  private static Path path(MPVariable[] taken) {
    ImmutableIntArray.Builder arcs = ImmutableIntArray.builder();
    for (int arc = 0; arc < taken.length; arc++) {
      if (taken[arc].solutionValue() > 0.5) {
        arcs.add(arc);
      }
    }
    return new Path(arcs.build());
  }
}
