package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/** A series that keeps what it proved about the paths of a network when a row is added. */
final class BranchingSeries implements Series {
  /*
   * Method. All paths that were not ruled out are split into cells. A cell has a floor that no path
   * of it is below, and perhaps a best path that reaches it. The cell of least floor is examined:
   * prices raise its Lagrangian bound, arcs are left out, a narrow search from both ends finds its
   * best path below the horizon or proves that there is none; when that search is too narrow, the
   * cell is split in two. When the cell of least floor has its best path, that is the best path of
   * all.
   *
   * A further row never lowers a floor, and leaves a best path what it is unless it forbids it. So
   * one tree of cells serves the whole series, while each problem alone would need one nearly as
   * large. The horizon is a little above the last solution, so that what is proven about most cells
   * serves several solutions.
   */
  /** More cells would need too much memory: 100 MB. */
  private static final int MOST_CELLS = 16_000;

  /** The longest step of the horizon, as a share of the gap of the first solution's relaxation. */
  private static final double LONGEST_STEP = 0.2;

  /** The first step, as a share of the longest. */
  private static final double FIRST_STEP = 0.5;

  /** The step of the horizon, in units of the mean rise from solution to solution. */
  private static final double LOOKAHEAD = 2;

  private static final double LEAST_STEP = 1e-7;

  /**
   * How far beyond the first floor arcs are kept at all, in units of the first step; a series that
   * goes further begins anew.
   */
  private static final double REACH = 20;

  private final ExactSolver solver;
  private final Solver fallback;
  private final PriorityQueue<BranchNode> cells =
      new PriorityQueue<>(Comparator.comparingDouble(cell -> cell.floor));
  private final List<Path> known = new ArrayList<>();
  private final double ceiling;
  private final double relativeGap;
  private LayerGraph network;
  private ReducedProblem root;
  private int found;
  private double firstFloor;
  private double longestStep;
  private double step;
  private double horizon;
  private double furthest;
  private double reach;

  /**
   * @param solver what finds the first path
   * @param fallback what goes on when there are too many cells
   * @param relativeGap how far the bound may stay below the score, as a share of the score
   */
  BranchingSeries(ExactSolver solver, Solver fallback, LayerGraph network, double relativeGap) {
    this.solver = solver;
    this.fallback = fallback;
    this.network = network;
    this.root = ReducedProblem.of(network);
    this.ceiling = root.ceiling();
    this.relativeGap = relativeGap;
  }

  @Override
  public SolverAnswer next(Deadline deadline) {
    SolverAnswer answer = found == 0 ? solver.solve(network, deadline) : nextCell(deadline);
    if (answer instanceof SolverAnswer.Best best) {
      note(best);
    }
    return answer;
  }

  private void note(SolverAnswer.Best best) {
    double floor = best.bound() * root.scale;
    found++;
    if (found == 1) {
      begin(floor - Incumbent.rounding(floor));
    } else {
      double rise = (floor - firstFloor) / (found - 1);
      step = Math.max(LEAST_STEP, Math.min(longestStep, LOOKAHEAD * rise));
    }
  }

  /** Puts all paths into one cell, none of which is below {@code floor}. */
  private void begin(double floor) {
    double[] free = new double[root.rows()];
    Multipliers dual =
        ColumnGeneration.ascend(root, free, Double.POSITIVE_INFINITY, NodeSearch.PRECISION);
    firstFloor = floor;
    longestStep = LONGEST_STEP * (floor - dual.bound);
    step = Math.max(LEAST_STEP, FIRST_STEP * longestStep);
    reach = REACH * step;
    restart(floor);
  }

  private void restart(double floor) {
    horizon = floor;
    furthest = floor + reach;
    cells.clear();
    cells.add(
        new BranchNode(
            root.original, new double[root.rows()], ImmutableList.of(), floor, Optional.empty()));
  }

  /** Looks further; what was left out for good may be of interest then. */
  private void raiseHorizon(double floor) {
    if (cells.isEmpty() || floor + step > furthest) {
      reach = Math.max(2 * reach, REACH * step);
      restart(floor);
    }
    horizon = floor + step;
    step *= 2;
  }

  @Override
  public void demand(Constraint row) {
    network = network.plusRow(row);
    root = root.plusRows(network, network.rows.size() - 1);
    known.removeIf(path -> !network.allows(path));
  }

  private SolverAnswer nextCell(Deadline deadline) {
    while (true) {
      Optional<BranchNode> least = Optional.ofNullable(cells.peek());
      double floor = Math.min(furthest, least.map(cell -> cell.floor).orElse(furthest));
      Optional<Path> best = least.flatMap(cell -> cell.best).filter(network::allows);
      if (best.isPresent()) {
        return new SolverAnswer.Best(best.get(), network.score(best.get()));
      }
      if (floor >= ceiling) {
        return new SolverAnswer.None();
      }
      if (deadline.isPast() || isNearEnough(floor / root.scale)) {
        return unfinished(floor / root.scale);
      }
      if (cells.size() > MOST_CELLS) {
        return fallback.solve(network, deadline);
      }
      if (floor >= horizon || least.isEmpty()) {
        raiseHorizon(floor);
      }
      examine(cells.remove(), deadline);
    }
  }

  /** Returns whether the best that is known will do. */
  private boolean isNearEnough(double bound) {
    return relativeGap > 0 && bestKnown().interesting() <= bound;
  }

  private Incumbent bestKnown() {
    Incumbent incumbent = new Incumbent(network, relativeGap);
    known.forEach(incumbent::offer);
    return incumbent;
  }

  /** Returns the best that is known. */
  private SolverAnswer unfinished(double bound) {
    Incumbent incumbent = bestKnown();
    return incumbent
        .path()
        .<SolverAnswer>map(path -> new SolverAnswer.Best(path, Math.min(bound, incumbent.score())))
        .orElse(new SolverAnswer.Stopped(bound));
  }

  private void examine(BranchNode cell, Deadline deadline) {
    for (BranchNode part :
        new NodeSearch(network, root, cell, horizon, furthest, deadline).examine()) {
      if (part.floor < ceiling) {
        cells.add(part);
      }
      if (part.best.isPresent()) {
        known.add(part.best.get());
      }
    }
  }
}
