package org.nemotron.nas.search.exact;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Series;
import org.nemotron.nas.search.graph.SolveListener;
import org.nemotron.nas.search.graph.SolverAnswer;

/** A series that keeps its branch-and-bound tree when a constraint is added. */
final class BranchingSeries implements Series {
  /*
   * Method. Branch and bound, best first. The nodes of the tree hold all paths that were not ruled
   * out. A node has a floor, which no path of it is below, and perhaps a best path that reaches it.
   * The node of least floor is examined: multipliers raise its Lagrangian bound, reduced-cost
   * fixing removes arcs, a bidirectional labeling of small width finds its best path below the
   * horizon or proves that there is none; when that width is too small, the node is branched. When
   * the node of least floor has its best path, that is the best path of all.
   *
   * A further constraint never lowers a floor, and a best path stays best unless the constraint
   * excludes it. So one tree serves the whole series, while each problem alone would need one
   * nearly as large. The horizon is a little above the last solution, so that most proofs serve
   * several solutions.
   */
  /** More nodes would take too long. */
  private static final int MOST_NODES = 16_000;

  /** The longest step of the horizon, as a share of the gap of the first solution's relaxation. */
  private static final double LONGEST_STEP = 0.2;

  /** The first step, as a share of the longest. */
  private static final double FIRST_STEP = 0.5;

  /** The step of the horizon, in units of the mean rise from solution to solution. */
  private static final double LOOKAHEAD = 2;

  private static final double LEAST_STEP = 1e-7;

  /**
   * How far beyond the first floor arcs are kept at all, in units of the first step; a series that
   * goes further starts again.
   */
  private static final double REACH = 20;

  private final ExactSolver solver;
  private final PriorityQueue<BranchNode> open =
      new PriorityQueue<>(Comparator.comparingDouble(node -> node.floor));
  private final List<Path> known = new ArrayList<>();
  private final long mostBytes;
  private final double ceiling;
  private final double relativeGap;
  private PathProblem problem;
  private ReducedProblem whole;
  private int found;
  private long openBytes;
  private double firstFloor;
  private double longestStep;
  private double step;
  private double horizon;
  private double furthest;
  private double reach;

  /**
   * @param solver finds the first path
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   * @param bytes how much memory nodes and labels may take
   */
  BranchingSeries(ExactSolver solver, PathProblem problem, double relativeGap, long bytes) {
    this.solver = solver;
    this.mostBytes = bytes / 2;
    this.problem = problem;
    this.whole = ReducedProblem.of(problem);
    this.ceiling = whole.ceiling();
    this.relativeGap = relativeGap;
  }

  @Override
  public SolverAnswer next(Deadline deadline, SolveListener listener) {
    SolverAnswer answer =
        found == 0 ? solver.solve(problem, deadline, listener) : nextOfTree(deadline, listener);
    if (answer instanceof SolverAnswer.Best best) {
      note(best);
    }
    return answer;
  }

  private void note(SolverAnswer.Best best) {
    double floor = best.bound() * whole.scale;
    found++;
    if (found == 1) {
      begin(floor - Incumbent.rounding(floor));
    } else {
      double rise = (floor - firstFloor) / (found - 1);
      step = Math.max(LEAST_STEP, Math.min(longestStep, LOOKAHEAD * rise));
    }
  }

  /** Starts the tree with one node for all paths, none of which is below {@code floor}. */
  private void begin(double floor) {
    double[] zero = new double[whole.constraints.size()];
    Multipliers best =
        ColumnGeneration.solve(whole, zero, Double.POSITIVE_INFINITY, NodeSearch.PRECISION);
    firstFloor = floor;
    longestStep = LONGEST_STEP * (floor - best.bound);
    step = Math.max(LEAST_STEP, FIRST_STEP * longestStep);
    reach = REACH * step;
    restart(floor);
  }

  private void restart(double floor) {
    horizon = floor;
    furthest = floor + reach;
    open.clear();
    openBytes = 0;
    open(BranchNode.root(whole.arcs(), floor));
  }

  private void open(BranchNode node) {
    open.add(node);
    openBytes += node.bytes();
  }

  /** Raises the horizon; starts again when arcs may be of interest that were removed for good. */
  private void raiseHorizon(double floor) {
    if (open.isEmpty() || floor + step > furthest) {
      reach = Math.max(2 * reach, REACH * step);
      restart(floor);
    }
    horizon = floor + step;
    step *= 2;
  }

  @Override
  public void add(Constraint constraint) {
    problem = problem.plus(constraint);
    whole = whole.with(whole.constraints.plus(problem, problem.constraints().size() - 1));
    known.removeIf(path -> !problem.allows(path));
  }

  private SolverAnswer nextOfTree(Deadline deadline, SolveListener listener) {
    int told = -1;
    while (true) {
      Optional<BranchNode> least = Optional.ofNullable(open.peek());
      double floor = Math.min(furthest, least.map(node -> node.floor).orElse(furthest));
      Optional<Path> best = least.flatMap(node -> node.best).filter(problem::allows);
      if (best.isPresent()) {
        double objective = problem.objective(best.get());
        listener.onImprovement(objective, objective);
        return new SolverAnswer.Best(best.get(), objective);
      }
      if (floor >= ceiling) {
        return new SolverAnswer.None();
      }
      if (known.size() != told) {
        told = known.size();
        double objective = bestKnown().objective();
        listener.onImprovement(objective, Math.min(objective, floor / whole.scale));
      }
      if (deadline.isPast() || isNearEnough(floor / whole.scale)) {
        return ExactSolver.answer(bestKnown(), floor / whole.scale);
      }
      if (open.size() > MOST_NODES || openBytes > mostBytes) {
        return solver.orFallback(problem, deadline, bestKnown(), floor / whole.scale);
      }
      if (floor >= horizon || least.isEmpty()) {
        raiseHorizon(floor);
      }
      BranchNode node = open.remove();
      openBytes -= node.bytes();
      examine(node, deadline);
    }
  }

  /** Returns whether the best path known is within the gap. */
  private boolean isNearEnough(double bound) {
    return relativeGap > 0 && bestKnown().interesting() <= bound;
  }

  private Incumbent bestKnown() {
    Incumbent incumbent = new Incumbent(problem, relativeGap, SolveListener.SILENT);
    known.forEach(incumbent::offer);
    return incumbent;
  }

  private void examine(BranchNode node, Deadline deadline) {
    for (BranchNode part :
        new NodeSearch(problem, whole, node, horizon, furthest, new Effort(mostBytes), deadline)
            .examine()) {
      if (part.floor < ceiling) {
        open(part);
      }
      if (part.best.isPresent()) {
        known.add(part.best.get());
      }
    }
  }
}
