package org.nemotron.nas.search.exact;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Elements;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

/** Examines one node of the tree: finds its best path, proves a higher floor, or branches. */
final class NodeSearch {
  /** How many labels a node of the graph keeps: where more are needed, the search branches. */
  private static final int WIDTH = 1024;

  static final double PRECISION = 1e-8;

  /** How far limits are moved for further multipliers, in the unit of the largest coefficient. */
  private static final double SHIFT = 2.0;

  private static final double SHIFTED_PRECISION = 1e-4;

  /** How many paths to find for further multipliers. */
  private static final int SHIFTED_PATHS = 15;

  private final PathProblem problem;
  private final BranchNode node;
  private final double horizon;
  private final double furthest;
  private final Effort effort;
  private final Deadline deadline;
  private final ReducedProblem reduced;
  private final boolean[] violable;
  private final Multipliers best;

  /**
   * @param whole all of {@code problem}
   * @param horizon paths from here on are of no interest now
   * @param furthest paths from here on will not be of interest
   * @param effort how much memory there is
   */
  NodeSearch(
      PathProblem problem,
      ReducedProblem whole,
      BranchNode node,
      double horizon,
      double furthest,
      Effort effort,
      Deadline deadline) {
    this.effort = effort;
    this.problem = problem;
    this.node = node;
    this.horizon = horizon;
    this.furthest = furthest;
    this.deadline = deadline;
    ReducedProblem all = whole.keeping(node.arcs).contracted();
    this.violable = all.violable();
    this.reduced = all.keepingConstraints(violable);
    double[] start = Arrays.copyOf(node.multipliers, whole.constraints.size());
    this.best = multipliers(reduced, Elements.marked(start, violable));
  }

  private Multipliers multipliers(ReducedProblem of, double[] start) {
    return ColumnGeneration.solve(
        of, start, of.originals.within(node.paths), horizon, PRECISION, Integer.MAX_VALUE);
  }

  /** Returns the nodes that replace the one examined. */
  ImmutableList<BranchNode> examine() {
    if (best.bound >= horizon) {
      return ImmutableList.of(replacement(arcs(), best.bound, Optional.empty()));
    }
    ReducedProblem fixed = fixed();
    boolean[] stillViolable = fixed.violable();
    ReducedProblem small = fixed.keepingConstraints(stillViolable);
    Multipliers raised = multipliers(small, Elements.marked(best.values, stillViolable));
    return raised.bound >= horizon
        ? ImmutableList.of(replacement(arcs(), horizon, Optional.empty()))
        : search(small, raised);
  }

  /** Returns the problem without the arcs that no path below the horizon has. */
  private ReducedProblem fixed() {
    boolean[] kept = new boolean[reduced.arcs()];
    double[] reducedCosts = best.reducedCosts(reduced);
    for (int arc = 0; arc < kept.length; arc++) {
      kept[arc] = best.bound + reducedCosts[arc] < horizon;
    }
    return reduced.keeping(kept).contracted();
  }

  private ImmutableList<BranchNode> search(ReducedProblem small, Multipliers raised) {
    Incumbent incumbent = new Incumbent(problem);
    List<Multipliers> multipliers = withShifted(small, raised);
    double dropped = label(small, multipliers, incumbent, Ties.MERGED);
    if (dropped >= reached(small, incumbent)
        && incumbent.missBound(small) < reached(small, incumbent)) {
      // A path that violates a constraint by rounding may have dominated one that does not.
      dropped = label(small, multipliers, incumbent, Ties.APART);
    }
    double reached = reached(small, incumbent);
    if (dropped >= reached) {
      return ImmutableList.of(replacement(arcs(), reached, incumbent.path()));
    }
    return deadline.isPast()
        ? ImmutableList.of(node)
        : branch(small.originals.of(new Branching(small, raised, reached).arc()));
  }

  private double label(
      ReducedProblem small, List<Multipliers> multipliers, Incumbent incumbent, Ties ties) {
    incumbent.begin(ties);
    LabelMemory memory = effort.memory(small, multipliers.size(), WIDTH);
    return new BidirectionalLabeling(small, multipliers, incumbent, horizon, memory, ties)
        .run(deadline, horizon);
  }

  private double reached(ReducedProblem small, Incumbent incumbent) {
    return Math.min(horizon, incumbent.cutoff(small));
  }

  private List<Multipliers> withShifted(ReducedProblem small, Multipliers raised) {
    List<Multipliers> all = new ArrayList<>(List.of(raised));
    for (int i = 0; i < small.constraints.hashed; i++) {
      if (raised.values[i] > 0) {
        for (double shift : new double[] {-SHIFT, SHIFT}) {
          Multipliers shifted =
              ColumnGeneration.solve(
                  small.with(small.constraints.shifted(i, shift)),
                  raised.values,
                  raised.paths,
                  Double.POSITIVE_INFINITY,
                  SHIFTED_PRECISION,
                  SHIFTED_PATHS);
          all.add(Multipliers.at(small, shifted.values));
        }
      }
    }
    return all;
  }

  /** Branches on an arc of the whole problem: the paths that have it, and the others. */
  private ImmutableList<BranchNode> branch(int arc) {
    int[] arcs = arcs();
    return ImmutableList.of(
        replacement(part(arcs, arc, true), best.bound, Optional.empty()),
        replacement(part(arcs, arc, false), best.bound, Optional.empty()));
  }

  private int[] part(int[] arcs, int arc, boolean taken) {
    int[] part = new int[arcs.length];
    int size = 0;
    for (int other : arcs) {
      boolean rival = problem.graph().from(other) == problem.graph().from(arc) && other != arc;
      if (taken ? !rival : other != arc) {
        part[size++] = other;
      }
    }
    return Arrays.copyOf(part, size);
  }

  /** Returns the arcs of the whole problem that some path of interest in this node may have. */
  private int[] arcs() {
    double[] reducedCosts = best.reducedCosts(reduced);
    int[] forced = reduced.originals.forced();
    int[] arcs = Arrays.copyOf(forced, forced.length + reduced.arcs());
    int size = forced.length;
    for (int arc = 0; arc < reducedCosts.length; arc++) {
      if (best.bound + reducedCosts[arc] < furthest) {
        arcs[size++] = reduced.originals.of(arc);
      }
    }
    Arrays.sort(arcs, 0, size);
    return Arrays.copyOf(arcs, size);
  }

  /** Returns a node of these arcs with the multipliers and paths of this examination. */
  private BranchNode replacement(int[] arcs, double floor, Optional<Path> path) {
    double[] multipliers = new double[violable.length];
    int next = 0;
    for (int i = 0; i < violable.length; i++) {
      multipliers[i] = violable[i] ? best.values[next++] : 0;
    }
    ImmutableList<Path> paths =
        best.paths.stream().map(reduced.originals::path).collect(ImmutableList.toImmutableList());
    return new BranchNode(arcs, multipliers, paths, Math.max(node.floor, floor), path);
  }
}
