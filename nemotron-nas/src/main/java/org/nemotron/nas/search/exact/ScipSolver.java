package org.nemotron.nas.search.exact;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.ImmutableIntArray;
import com.google.ortools.Loader;
import com.google.ortools.linearsolver.MPConstraint;
import com.google.ortools.linearsolver.MPObjective;
import com.google.ortools.linearsolver.MPSolver;
import com.google.ortools.linearsolver.MPSolverParameters;
import com.google.ortools.linearsolver.MPVariable;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * Solves a path problem with SCIP, as it stands: one binary variable per arc.
 *
 * <p>SCIP accepts a constraint that is violated by a millionth. A path that violates one when its
 * arcs are added exactly is excluded and the problem solved again, so that every answer satisfies
 * all constraints.
 */
public final class ScipSolver implements Solver {
  private final double relativeGap;

  /**
   * Returns a solver.
   *
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   */
  public ScipSolver(double relativeGap) {
    this.relativeGap = relativeGap;
  }

  @Override
  public SolverAnswer solve(PathProblem problem, Deadline deadline, SolveListener listener) {
    Loader.loadNativeLibraries();
    List<Path> refused = new ArrayList<>();
    while (true) {
      SolverAnswer answer = solveOnce(problem, refused, deadline);
      if (!(answer instanceof SolverAnswer.Best best) || problem.allows(best.path())) {
        return answer;
      }
      if (deadline.isPast()) {
        return new SolverAnswer.Stopped(best.bound());
      }
      refused.add(best.path());
    }
  }

  private SolverAnswer solveOnce(PathProblem problem, List<Path> refused, Deadline deadline) {
    MPSolver solver = MPSolver.createSolver("SCIP");
    try {
      MPVariable[] taken = solver.makeBoolVarArray(problem.graph().arcs());
      double scale = Scaling.ofMost(problem.objective());
      addObjective(solver, problem, scale, taken);
      addFlow(solver, problem.graph(), taken);
      problem.constraints().forEach(one -> addConstraint(solver, one, taken));
      refused.forEach(path -> addConstraint(solver, problem.distance(path, 1), taken));
      return run(solver, problem, scale, taken, deadline);
    } finally {
      solver.delete();
    }
  }

  /** Multiplies by {@code scale}, as SCIP takes differences below a billionth for none. */
  private static void addObjective(
      MPSolver solver, PathProblem problem, double scale, MPVariable[] taken) {
    MPObjective objective = solver.objective();
    for (int arc = 0; arc < taken.length; arc++) {
      objective.setCoefficient(taken[arc], problem.objective(arc) * scale);
    }
    objective.setMinimization();
  }

  /** Every node but the last is left as often as it is entered, the first one once. */
  private static void addFlow(MPSolver solver, LayerGraph graph, MPVariable[] taken) {
    MPConstraint[] nodes = new MPConstraint[graph.lastNode() + 1];
    for (int node = 0; node < graph.lastNode(); node++) {
      double supply = node == 0 ? 1 : 0;
      nodes[node] = solver.makeConstraint(supply, supply);
    }
    nodes[graph.lastNode()] = solver.makeConstraint(-1, -1);
    for (int arc = 0; arc < taken.length; arc++) {
      nodes[graph.from(arc)].setCoefficient(taken[arc], 1);
      nodes[graph.to(arc)].setCoefficient(taken[arc], -1);
    }
  }

  /** Adds a constraint divided by its largest coefficient: bytes would drown the others. */
  private static void addConstraint(MPSolver solver, Constraint added, MPVariable[] taken) {
    double largest = 0;
    for (double coefficient : added.coefficients()) {
      largest = Math.max(largest, Math.abs(coefficient));
    }
    double scale = largest == 0 ? 1 : largest;
    double fixed = added.fixed();
    MPConstraint constraint =
        solver.makeConstraint((added.atLeast() - fixed) / scale, (added.atMost() - fixed) / scale);
    for (int arc = 0; arc < taken.length; arc++) {
      if (added.coefficient(arc) != 0) {
        constraint.setCoefficient(taken[arc], added.coefficient(arc) / scale);
      }
    }
  }

  private SolverAnswer run(
      MPSolver solver, PathProblem problem, double scale, MPVariable[] taken, Deadline deadline) {
    // A millisecond more: what ends for want of time must end past the deadline.
    solver.setTimeLimit(1 + deadline.left().toMillis());
    return switch (status(solver, deadline)) {
      case OPTIMAL -> {
        Path path = path(taken);
        double score = problem.objective(path);
        yield new SolverAnswer.Best(path, relativeGap == 0 ? score : bound(solver, scale, score));
      }
      case FEASIBLE -> {
        Path path = path(taken);
        yield new SolverAnswer.Best(path, bound(solver, scale, problem.objective(path)));
      }
      case INFEASIBLE -> new SolverAnswer.None();
      case NOT_SOLVED -> new SolverAnswer.Stopped(Double.NEGATIVE_INFINITY);
      case UNBOUNDED, ABNORMAL, MODEL_INVALID -> {
        checkState(deadline.isPast(), "SCIP could not read the search problem");
        yield new SolverAnswer.Stopped(Double.NEGATIVE_INFINITY);
      }
    };
  }

  private MPSolver.ResultStatus status(MPSolver solver, Deadline deadline) {
    try (ScipWatch watch = new ScipWatch(solver, deadline)) {
      return solver.solve(parameters());
    }
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
