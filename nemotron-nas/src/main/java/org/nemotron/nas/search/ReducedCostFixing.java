package org.nemotron.nas.search;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the best path by turns of searching and leaving out what cannot be part of a better one.
 */
final class ReducedCostFixing {
  /*
   * Method. The Lagrangian bound of these problems is within a thousandth of the optimum. So, given
   * a good path, few arcs can be part of a better one: an arc goes when the cheapest path through
   * it, at the best prices, already costs as much as the path known (reduced cost fixing). A narrow
   * search finds a good path, arcs go, a wider one finds a better path, more go, until a search
   * leaves nothing out: then the path is proven best.
   *
   * Prices that are best for slightly tighter and looser limits bound labels better that have used
   * more, or less, than their share.
   */
  private static final int FIRST_WIDTH = 32;

  /** How many numbers the labels of one node may have: 40 MB. */
  private static final int MOST_NUMBERS = 5_000_000;

  private static final int WIDENING = 8;

  /** Where a part begins, whose whole was too wide. */
  private static final int BRANCH_WIDTH = 1 << 14;

  /** How often arcs are split before the search gives up. */
  private static final int DEEPEST = 12;

  /** How many arcs per node the very first search sees. */
  private static final int FIRST_ARCS = 3;

  /** How far limits are moved for further prices, in the unit of the largest coefficient. */
  private static final double SHIFT = 2.0;

  /** For how many rows there are further prices. */
  private static final int MOST_SHIFTED = 8;

  private static final double PRECISION = 1e-9;
  private static final double SHIFTED_PRECISION = 1e-4;

  private final Incumbent incumbent;
  private final boolean strict;
  private final Deadline deadline;
  private final double ceiling;
  private final int depth;
  private final double relaxation;
  private ReducedProblem core;
  private Multipliers dual;

  /**
   * @param incumbent the best path known, and where better ones go
   * @param strict whether sums that differ by rounding only count as different
   */
  ReducedCostFixing(LayerGraph network, Incumbent incumbent, boolean strict, Deadline deadline) {
    this.incumbent = incumbent;
    this.strict = strict;
    this.deadline = deadline;
    this.core = ReducedProblem.of(network);
    this.ceiling = core.ceiling();
    this.depth = 0;
    this.dual = ascend(core, new double[core.rows()], PRECISION);
    this.relaxation = (dual.bound - Incumbent.rounding(dual.bound)) / core.scale;
  }

  /** Goes on with a part of the arcs. */
  private ReducedCostFixing(ReducedCostFixing whole, boolean[] part) {
    this.incumbent = whole.incumbent;
    this.strict = whole.strict;
    this.deadline = whole.deadline;
    this.ceiling = whole.ceiling;
    this.depth = whole.depth + 1;
    this.core = whole.core.keeping(part);
    this.dual = ascend(core, whole.dual.multipliers, PRECISION);
    this.relaxation = whole.relaxation;
  }

  /** Returns a bound on every path, that of the linear relaxation. */
  double relaxation() {
    return relaxation;
  }

  /** Returns a bound on every path better than the incumbent, infinite when there is none. */
  double run() {
    if (isProven()) {
      return Double.POSITIVE_INFINITY;
    }
    if (depth == 0) {
      search(core.keeping(nearest()).contracted(), List.of(dual), FIRST_WIDTH);
    }
    narrow(List.of(dual));
    int width = depth == 0 ? FIRST_WIDTH : BRANCH_WIDTH;
    while (!isProven() && width > 0) {
      List<Multipliers> duals = withShifted();
      int widest = MOST_NUMBERS / (duals.size() + core.rows() + 1);
      double dropped = search(core, duals, Math.min(width, widest));
      if (dropped >= cutoff()) {
        return Double.POSITIVE_INFINITY;
      }
      if (deadline.isPast()) {
        return dual.bound / core.scale;
      }
      narrow(duals);
      width = width < widest ? width * WIDENING : 0;
    }
    if (isProven()) {
      return Double.POSITIVE_INFINITY;
    }
    return depth < DEEPEST ? branch() : dual.bound / core.scale;
  }

  /** Splits the arcs of one node and goes on with each part. */
  private double branch() {
    double bound = Double.POSITIVE_INFINITY;
    Branching branching = new Branching(core, dual, cutoff());
    int arc = branching.arc();
    for (boolean taken : new boolean[] {true, false}) {
      bound = Math.min(bound, new ReducedCostFixing(this, branching.part(arc, taken)).run());
    }
    return bound;
  }

  private boolean isProven() {
    return dual.bound >= cutoff();
  }

  private double cutoff() {
    return Math.min(ceiling, incumbent.cutoff(core));
  }

  @CanIgnoreReturnValue
  private double search(ReducedProblem searched, List<Multipliers> duals, int width) {
    return new BidirectionalLabeling(searched, duals, incumbent, ceiling, width, strict)
        .run(deadline);
  }

  /** Marks the arcs of least detour. */
  private boolean[] nearest() {
    double[] detours = dual.detours(core);
    double[] sorted = detours.clone();
    Arrays.sort(sorted);
    double furthest = sorted[Math.min(sorted.length - 1, FIRST_ARCS * core.nodes)];
    boolean[] near = new boolean[detours.length];
    for (int arc = 0; arc < near.length; arc++) {
      near[arc] = detours[arc] <= furthest;
    }
    return near;
  }

  /** Drops arcs that no better path has and rows that no path breaks; raises the bound anew. */
  private void narrow(List<Multipliers> duals) {
    boolean[] kept = new boolean[core.arcs()];
    Arrays.fill(kept, true);
    for (Multipliers one : duals) {
      double[] detours = one.detours(core);
      for (int arc = 0; arc < kept.length; arc++) {
        kept[arc] &= one.bound + detours[arc] < cutoff();
      }
    }
    ReducedProblem fewer = core.keeping(kept).contracted();
    boolean[] breakable = fewer.breakable();
    core = fewer.keepingRows(breakable);
    dual = ascend(core, pick(dual.multipliers, breakable), PRECISION);
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

  private List<Multipliers> withShifted() {
    List<Multipliers> duals = new ArrayList<>(List.of(dual));
    for (int row = 0; row < core.rows() && duals.size() <= 2 * MOST_SHIFTED; row++) {
      if (dual.multipliers[row] > 0) {
        for (double shift : new double[] {-SHIFT, SHIFT}) {
          ReducedProblem shifted = core.shifted(row, shift);
          double[] prices = ascend(shifted, dual.multipliers, SHIFTED_PRECISION).multipliers;
          duals.add(Multipliers.at(core, prices));
        }
      }
    }
    return duals;
  }

  private Multipliers ascend(ReducedProblem of, double[] start, double precision) {
    return ColumnGeneration.ascend(of, start, cutoff(), precision);
  }
}
