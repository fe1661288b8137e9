package org.nemotron.nas.search.exact;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Elements;
import org.nemotron.nas.search.graph.PathProblem;

/**
 * Finds the best path by alternating between labeling and removing arcs that no better path has.
 */
final class ReducedCostFixing {
  /*
   * Method. The Lagrangian bound of these problems is within a thousandth of the optimum. So, given
   * a good path, few arcs can be part of a better one: an arc is removed when the bound plus its
   * reduced cost already reaches the incumbent's objective. A labeling of small width finds a good
   * path, arcs are removed, a wider one finds a better path, more are removed, until a labeling
   * drops nothing: then the path is proven best.
   *
   * Multipliers that are best for slightly tighter and looser limits bound labels better that have
   * used more, or less, than their share.
   */
  private static final int FIRST_WIDTH = 32;

  /** How many numbers the labels of one node may have: 40 MB. */
  private static final int MOST_NUMBERS = 5_000_000;

  private static final int WIDENING = 8;

  /** The first width of a branch, whose parent needed more than the greatest. */
  private static final int BRANCH_WIDTH = 1 << 14;

  /** How often to branch before giving up. */
  private static final int DEEPEST = 12;

  /** How many arcs per node the very first labeling has. */
  private static final int FIRST_ARCS = 3;

  /** How far limits are moved for further multipliers, in the unit of the largest coefficient. */
  private static final double SHIFT = 2.0;

  /** For how many constraints there are further multipliers. */
  private static final int MOST_SHIFTED = 8;

  private static final double PRECISION = 1e-9;
  private static final double SHIFTED_PRECISION = 1e-4;

  private final Incumbent incumbent;
  private final boolean strict;
  private final Deadline deadline;
  private final double ceiling;
  private final int depth;
  private final double relaxation;
  private ReducedProblem reduced;
  private Multipliers best;

  /**
   * @param incumbent the best path known; better ones are offered to it
   * @param strict whether sums that differ by rounding only count as different
   */
  ReducedCostFixing(PathProblem problem, Incumbent incumbent, boolean strict, Deadline deadline) {
    this.incumbent = incumbent;
    this.strict = strict;
    this.deadline = deadline;
    this.reduced = ReducedProblem.of(problem);
    this.ceiling = reduced.ceiling();
    this.depth = 0;
    this.best = multipliers(reduced, new double[reduced.constraints.size()], PRECISION);
    this.relaxation = (best.bound - Incumbent.rounding(best.bound)) / reduced.scale;
  }

  /** Continues with the marked arcs. */
  private ReducedCostFixing(ReducedCostFixing parent, boolean[] marks) {
    this.incumbent = parent.incumbent;
    this.strict = parent.strict;
    this.deadline = parent.deadline;
    this.ceiling = parent.ceiling;
    this.depth = parent.depth + 1;
    this.reduced = parent.reduced.keeping(marks);
    this.best = multipliers(reduced, parent.best.values, PRECISION);
    this.relaxation = parent.relaxation;
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
      label(reduced.keeping(ofLeastReducedCost()).contracted(), List.of(best), FIRST_WIDTH);
    }
    fix(List.of(best));
    int width = depth == 0 ? FIRST_WIDTH : BRANCH_WIDTH;
    while (!isProven() && width > 0) {
      List<Multipliers> multipliers = withShifted();
      int widest = MOST_NUMBERS / (multipliers.size() + reduced.constraints.size() + 1);
      double dropped = label(reduced, multipliers, Math.min(width, widest));
      if (dropped >= cutoff()) {
        return Double.POSITIVE_INFINITY;
      }
      if (deadline.isPast()) {
        return best.bound / reduced.scale;
      }
      fix(multipliers);
      width = width < widest ? width * WIDENING : 0;
    }
    if (isProven()) {
      return Double.POSITIVE_INFINITY;
    }
    return depth < DEEPEST ? branch() : best.bound / reduced.scale;
  }

  /** Branches on an arc: continues with the paths that have it, then with the others. */
  private double branch() {
    double bound = Double.POSITIVE_INFINITY;
    Branching branching = new Branching(reduced, best, cutoff());
    int arc = branching.arc();
    for (boolean taken : new boolean[] {true, false}) {
      bound = Math.min(bound, new ReducedCostFixing(this, branching.part(arc, taken)).run());
    }
    return bound;
  }

  private boolean isProven() {
    return best.bound >= cutoff();
  }

  private double cutoff() {
    return Math.min(ceiling, incumbent.cutoff(reduced));
  }

  @CanIgnoreReturnValue
  private double label(ReducedProblem of, List<Multipliers> multipliers, int width) {
    return new BidirectionalLabeling(of, multipliers, incumbent, ceiling, width, strict)
        .run(deadline);
  }

  /** Marks the arcs of least reduced cost. */
  private boolean[] ofLeastReducedCost() {
    double[] reducedCosts = best.reducedCosts(reduced);
    double[] sorted = reducedCosts.clone();
    Arrays.sort(sorted);
    double greatest = sorted[Math.min(sorted.length - 1, FIRST_ARCS * reduced.graph.lastNode())];
    boolean[] marks = new boolean[reducedCosts.length];
    for (int arc = 0; arc < marks.length; arc++) {
      marks[arc] = reducedCosts[arc] <= greatest;
    }
    return marks;
  }

  /**
   * Removes the arcs that no better path has and the constraints that no path violates; finds the
   * best multipliers for what is left.
   */
  private void fix(List<Multipliers> multipliers) {
    boolean[] kept = new boolean[reduced.arcs()];
    Arrays.fill(kept, true);
    for (Multipliers one : multipliers) {
      double[] reducedCosts = one.reducedCosts(reduced);
      for (int arc = 0; arc < kept.length; arc++) {
        kept[arc] &= one.bound + reducedCosts[arc] < cutoff();
      }
    }
    ReducedProblem fewer = reduced.keeping(kept).contracted();
    boolean[] violable = fewer.violable();
    reduced = fewer.keepingConstraints(violable);
    best = multipliers(reduced, Elements.marked(best.values, violable), PRECISION);
  }

  private List<Multipliers> withShifted() {
    List<Multipliers> all = new ArrayList<>(List.of(best));
    for (int i = 0; i < reduced.constraints.size() && all.size() <= 2 * MOST_SHIFTED; i++) {
      if (best.values[i] > 0) {
        for (double shift : new double[] {-SHIFT, SHIFT}) {
          ReducedProblem shifted = reduced.with(reduced.constraints.shifted(i, shift));
          all.add(
              Multipliers.at(reduced, multipliers(shifted, best.values, SHIFTED_PRECISION).values));
        }
      }
    }
    return all;
  }

  private Multipliers multipliers(ReducedProblem of, double[] start, double precision) {
    return ColumnGeneration.solve(of, start, cutoff(), precision);
  }
}
