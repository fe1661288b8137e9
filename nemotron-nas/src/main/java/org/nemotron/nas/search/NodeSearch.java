package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Examines one cell: finds its best path, proves a higher floor, or splits it. */
final class NodeSearch {
  /** How many labels a node keeps: a cell that needs more is split. */
  private static final int WIDTH = 1024;

  static final double PRECISION = 1e-8;

  /** How far limits are moved for further prices, in the unit of the largest coefficient. */
  private static final double SHIFT = 2.0;

  private static final double SHIFTED_PRECISION = 1e-4;

  /** How many paths to look for when further prices are raised. */
  private static final int SHIFTED_PATHS = 15;

  private final LayerGraph network;
  private final BranchNode cell;
  private final double horizon;
  private final double furthest;
  private final Deadline deadline;
  private final ReducedProblem core;
  private final boolean[] breakable;
  private final Multipliers dual;

  /**
   * @param root the core of the whole network
   * @param horizon paths from here on are of no interest now
   * @param furthest paths from here on will not be of interest
   */
  NodeSearch(
      LayerGraph network,
      ReducedProblem root,
      BranchNode cell,
      double horizon,
      double furthest,
      Deadline deadline) {
    this.network = network;
    this.cell = cell;
    this.horizon = horizon;
    this.furthest = furthest;
    this.deadline = deadline;
    ReducedProblem whole = root.keeping(cell.arcs).contracted();
    this.breakable = whole.breakable();
    this.core = whole.keepingRows(breakable);
    double[] start = pick(Arrays.copyOf(cell.multipliers, root.rows()), breakable);
    this.dual = ascend(core, start);
  }

  private Multipliers ascend(ReducedProblem of, double[] start) {
    return ColumnGeneration.ascend(
        of, start, of.placed(cell.mixture), horizon, PRECISION, Integer.MAX_VALUE);
  }

  /** Returns the cells that take the place of the one examined. */
  ImmutableList<BranchNode> examine() {
    if (dual.bound >= horizon) {
      return ImmutableList.of(learned(arcs(), dual.bound, Optional.empty()));
    }
    ReducedProblem narrowed = narrowed();
    boolean[] stillBreakable = narrowed.breakable();
    ReducedProblem small = narrowed.keepingRows(stillBreakable);
    Multipliers raised = ascend(small, pick(dual.multipliers, stillBreakable));
    return raised.bound >= horizon
        ? ImmutableList.of(learned(arcs(), horizon, Optional.empty()))
        : search(small, raised);
  }

  /** Returns the core without the arcs that no path below the horizon has. */
  private ReducedProblem narrowed() {
    boolean[] kept = new boolean[core.arcs()];
    double[] detours = dual.detours(core);
    for (int arc = 0; arc < kept.length; arc++) {
      kept[arc] = dual.bound + detours[arc] < horizon;
    }
    return core.keeping(kept).contracted();
  }

  private ImmutableList<BranchNode> search(ReducedProblem small, Multipliers raised) {
    Incumbent incumbent = new Incumbent(network);
    List<Multipliers> duals = withShifted(small, raised);
    double dropped = search(small, duals, incumbent, false);
    if (dropped >= reached(small, incumbent) && incumbent.narrowMiss()) {
      // A path that misses a row by rounding may have displaced one that does not.
      dropped = search(small, duals, incumbent, true);
    }
    double reached = reached(small, incumbent);
    if (dropped >= reached) {
      return ImmutableList.of(learned(arcs(), reached, incumbent.path()));
    }
    return deadline.isPast()
        ? ImmutableList.of(cell)
        : split(small.original[new Branching(small, raised, reached).arc()]);
  }

  private double search(
      ReducedProblem small, List<Multipliers> duals, Incumbent incumbent, boolean strict) {
    return new BidirectionalLabeling(small, duals, incumbent, horizon, WIDTH, strict)
        .run(deadline, horizon);
  }

  private double reached(ReducedProblem small, Incumbent incumbent) {
    return Math.min(horizon, incumbent.cutoff(small));
  }

  private List<Multipliers> withShifted(ReducedProblem small, Multipliers raised) {
    List<Multipliers> duals = new ArrayList<>(List.of(raised));
    for (int row = 0; row < small.hashedRows; row++) {
      if (raised.multipliers[row] > 0) {
        for (double shift : new double[] {-SHIFT, SHIFT}) {
          Multipliers shifted =
              ColumnGeneration.ascend(
                  small.shifted(row, shift),
                  raised.multipliers,
                  raised.mixture,
                  Double.POSITIVE_INFINITY,
                  SHIFTED_PRECISION,
                  SHIFTED_PATHS);
          duals.add(Multipliers.at(small, shifted.multipliers));
        }
      }
    }
    return duals;
  }

  /** Splits the cell: the paths that have an arc, and those that do not. */
  private ImmutableList<BranchNode> split(int arc) {
    int[] arcs = arcs();
    return ImmutableList.of(
        learned(part(arcs, arc, true), dual.bound, Optional.empty()),
        learned(part(arcs, arc, false), dual.bound, Optional.empty()));
  }

  private int[] part(int[] arcs, int arc, boolean taken) {
    int[] part = new int[arcs.length];
    int size = 0;
    for (int other : arcs) {
      boolean rival = network.from[other] == network.from[arc] && other != arc;
      if (taken ? !rival : other != arc) {
        part[size++] = other;
      }
    }
    return Arrays.copyOf(part, size);
  }

  /** Returns the arcs of the network that some path of interest in this cell may have. */
  private int[] arcs() {
    double[] detours = dual.detours(core);
    int[] arcs = Arrays.copyOf(core.forced, core.forced.length + core.arcs());
    int size = core.forced.length;
    for (int arc = 0; arc < detours.length; arc++) {
      if (dual.bound + detours[arc] < furthest) {
        arcs[size++] = core.original[arc];
      }
    }
    Arrays.sort(arcs, 0, size);
    return Arrays.copyOf(arcs, size);
  }

  /** Returns a cell of these arcs with what was learned about the one examined. */
  private BranchNode learned(int[] arcs, double floor, Optional<Path> best) {
    double[] multipliers = new double[breakable.length];
    int next = 0;
    for (int row = 0; row < breakable.length; row++) {
      multipliers[row] = breakable[row] ? dual.multipliers[next++] : 0;
    }
    ImmutableList<Path> mixture =
        dual.mixture.stream().map(core::path).collect(ImmutableList.toImmutableList());
    return new BranchNode(arcs, multipliers, mixture, Math.max(cell.floor, floor), best);
  }

  private static double[] pick(double[] values, boolean[] kept) {
    double[] picked = new double[values.length];
    int size = 0;
    for (int i = 0; i < values.length; i++) {
      if (kept[i]) {
        picked[size++] = values[i];
      }
    }
    return Arrays.copyOf(picked, size);
  }
}
