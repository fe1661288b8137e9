package org.nemotron.nas.search.exact;

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
   * Where the first labeling finds nothing, exchanges of arcs may: of labels whose bounds are the
   * same, as with small whole numbers, a narrow labeling keeps those of least objective, which all
   * lie beyond the same limits.
   *
   * What a labeling dropped leaves a bound, that of the best label dropped, also when memory allows
   * no greater width. Labels that tie are merged until a limit is seen to divide them.
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

  /** How many arcs per node are exchanged at first. */
  private static final int EXCHANGED_ARCS = 12;

  /** Before the labeling of this width any arcs are exchanged once more. */
  private static final int EXCHANGE_WIDTH = 2048;

  /** How far limits are moved for further multipliers, in the unit of the largest coefficient. */
  private static final double SHIFT = 2.0;

  /** For how many constraints there are further multipliers. */
  private static final int MOST_SHIFTED = 8;

  private static final double PRECISION = 1e-9;
  private static final double SHIFTED_PRECISION = 1e-4;

  private final Incumbent incumbent;
  private final Deadline deadline;
  private final double ceiling;
  private final int depth;
  private final Effort effort;
  private final double relaxation;
  private Ties ties = Ties.MERGED;
  private ReducedProblem reduced;
  private Multipliers best;

  /** No better path than the incumbent has a lower scaled objective. */
  private double proven;

  /**
   * @param incumbent the best path known; better ones are offered to it
   * @param effort how much memory and work there is
   */
  ReducedCostFixing(PathProblem problem, Incumbent incumbent, Effort effort, Deadline deadline) {
    this.incumbent = incumbent;
    this.deadline = deadline;
    this.effort = effort;
    this.reduced = DominatedArcs.without(ReducedProblem.of(problem));
    this.ceiling = reduced.ceiling();
    this.depth = 0;
    this.best = multipliers(reduced, new double[reduced.constraints.size()], PRECISION);
    this.proven = incumbent.raised(best.bound, reduced);
    this.relaxation = (proven - Incumbent.rounding(proven)) / reduced.scale;
    incumbent.bound(relaxation);
  }

  /** Continues with the marked arcs. */
  private ReducedCostFixing(ReducedCostFixing parent, boolean[] marks) {
    this.incumbent = parent.incumbent;
    this.deadline = parent.deadline;
    this.effort = parent.effort;
    this.relaxation = parent.relaxation;
    this.ceiling = parent.ceiling;
    this.depth = parent.depth + 1;
    this.ties = parent.ties;
    this.reduced = parent.reduced.keeping(marks);
    this.best = multipliers(reduced, parent.best.values, PRECISION);
    this.proven = Math.max(parent.proven, incumbent.raised(best.bound, reduced));
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
    boolean exchanging = depth == 0 && !labelLikely();
    if (exchanging) {
      exchange(reduced.keeping(LikelyArcs.marks(reduced, best, EXCHANGED_ARCS)));
    }
    fix(List.of(best));
    int width = depth == 0 ? FIRST_WIDTH : BRANCH_WIDTH;
    while (!isProven() && !deadline.isPast() && width > 0) {
      if (exchanging && width == EXCHANGE_WIDTH) {
        exchange(reduced);
        fix(List.of(best));
      }
      width = widen(width);
    }
    if (isProven()) {
      return Double.POSITIVE_INFINITY;
    }
    boolean ended = deadline.isPast() || depth == DEEPEST || !effort.branch();
    return ended ? (proven - Incumbent.rounding(proven)) / reduced.scale : branch();
  }

  /** Labels with this width; returns the next one, 0 when there is none. */
  private int widen(int width) {
    List<Multipliers> multipliers = withShifted();
    int widest = MOST_NUMBERS / (multipliers.size() + reduced.constraints.size() + 1);
    LabelMemory memory = effort.memory(reduced, multipliers.size(), Math.min(width, widest));
    Ties before = ties;
    label(multipliers, memory);
    if (isProven() || deadline.isPast()) {
      return 0;
    }
    fix(multipliers);
    if (!ties.equals(before)) {
      return width;
    }
    return memory.scarce() || width >= widest ? 0 : width * WIDENING;
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
    return proven >= cutoff();
  }

  private double cutoff() {
    return Math.min(ceiling, incumbent.cutoff(reduced));
  }

  /**
   * Labels a part of the paths, which proves nothing about the others; returns whether that found a
   * better incumbent.
   */
  private boolean labelLikely() {
    double before = incumbent.objective();
    ReducedProblem likely = reduced.keeping(ofLeastReducedCost()).contracted();
    double unused = label(likely, List.of(best), effort.memory(likely, 1, FIRST_WIDTH));
    return incumbent.objective() < before;
  }

  private void exchange(ReducedProblem of) {
    Multipliers relaxed = multipliers(of, best.values, PRECISION);
    new ExchangeSearch(of, relaxed, incumbent).run(deadline);
  }

  /** Labels all paths of interest, and merges fewer ties next time if that is what is missing. */
  private void label(List<Multipliers> multipliers, LabelMemory memory) {
    double dropped = label(reduced, multipliers, memory);
    double missed = incumbent.missBound(reduced);
    prove(Math.min(dropped, missed));
    if (dropped >= cutoff() && missed < cutoff()) {
      ties = ties.further();
    }
  }

  private double label(ReducedProblem of, List<Multipliers> multipliers, LabelMemory memory) {
    incumbent.begin(ties);
    return new BidirectionalLabeling(of, multipliers, incumbent, ceiling, memory, ties)
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
    prove(best.bound);
  }

  /** Notes a bound on every path better than the incumbent. */
  private void prove(double bound) {
    proven = Math.max(proven, incumbent.raised(bound, reduced));
    if (depth == 0) {
      incumbent.bound((proven - Incumbent.rounding(proven)) / reduced.scale);
    }
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
