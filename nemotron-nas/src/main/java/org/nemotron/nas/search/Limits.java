package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

/** The ends of the constraints of a path problem, each as a limit of its own. Immutable. */
final class Limits {
  /** Sums that differ by less than this share may differ by rounding only. */
  private static final double ROUNDING = 1e-11;

  private final PathProblem paths;
  private final ImmutableList<End> ends;

  /**
   * One end of a constraint.
   *
   * @param constraint with this limit only
   * @param upper the same as an upper limit: a lower one is that of the negated sum
   * @param fromAbove whether it is an upper limit itself
   */
  private record End(Constraint constraint, Constraint upper, boolean fromAbove) {}

  private Limits(PathProblem paths, ImmutableList<End> ends) {
    this.paths = paths;
    this.ends = ends;
  }

  static Limits of(PathProblem paths) {
    ImmutableList.Builder<End> ends = ImmutableList.builder();
    for (Constraint both : paths.constraints()) {
      if (both.atLeast() > Double.NEGATIVE_INFINITY) {
        Constraint lower = both.between(both.atLeast(), Double.POSITIVE_INFINITY);
        ends.add(new End(lower, lower.negated(), false));
      }
      if (both.atMost() < Double.POSITIVE_INFINITY) {
        Constraint upper = both.upTo(both.atMost());
        ends.add(new End(upper, upper, true));
      }
    }
    return new Limits(paths, ends.build());
  }

  int size() {
    return ends.size();
  }

  /** Returns these with one limit moved. */
  Limits moved(int end, double value) {
    End old = ends.get(end);
    Constraint constraint =
        old.fromAbove()
            ? old.constraint().upTo(value)
            : old.constraint().between(value, Double.POSITIVE_INFINITY);
    Constraint upper = old.fromAbove() ? constraint : constraint.negated();
    List<End> all = new ArrayList<>(ends);
    all.set(end, new End(constraint, upper, old.fromAbove()));
    return new Limits(paths, ImmutableList.copyOf(all));
  }

  /** Returns all limits, or all but one. */
  List<Integer> allBut(int left) {
    List<Integer> others = new ArrayList<>();
    for (int end = 0; end < size(); end++) {
      if (end != left) {
        others.add(end);
      }
    }
    return others;
  }

  /** Returns one limit as what was asked for. */
  AskedLimit asked(int end) {
    Constraint constraint = constraint(end);
    boolean fromAbove = ends.get(end).fromAbove();
    double value = fromAbove ? constraint.atMost() : constraint.atLeast();
    return new AskedLimit(constraint.name(), constraint.counts(), fromAbove, value);
  }

  Constraint constraint(int end) {
    return ends.get(end).constraint();
  }

  /** Returns one limit as an upper limit on what it limits, or on the negative of that. */
  Constraint upper(int end) {
    return ends.get(end).upper();
  }

  /** Returns the problem under these limits only. */
  PathProblem problem(Collection<Integer> some) {
    ImmutableList.Builder<Constraint> constraints = ImmutableList.builder();
    for (int end : some) {
      constraints.add(constraint(end));
    }
    return paths.withConstraints(constraints.build());
  }

  /** Returns that problem with an objective that leads toward paths that satisfy the limits. */
  PathProblem towards(Collection<Integer> some) {
    double[] objective = new double[paths.graph().arcs()];
    for (int end : some) {
      Constraint upper = upper(end);
      double room = upper.atMost() - upper.value(least(end));
      double unit = Math.max(room, ROUNDING * size(upper));
      for (int arc = 0; unit > 0 && arc < objective.length; arc++) {
        objective[arc] += upper.coefficient(arc) / unit;
      }
    }
    return problem(some).withObjective(objective);
  }

  /** Returns the path of the value nearest to one limit, or farthest inside. */
  Path least(int end) {
    double[] lengths = upper(end).coefficients();
    LayerGraph graph = paths.graph();
    return Path.of(graph.shortestPath(lengths, graph.shortestToEnd(lengths)));
  }

  /** Returns the first limit that no path satisfies, or the first two that contradict. */
  Optional<Set<Integer>> obviousClash() {
    for (int end = 0; end < size(); end++) {
      if (isMissed(end)) {
        return Optional.of(ImmutableSet.of(end));
      }
    }
    for (int end = 0; end < size(); end++) {
      for (int other = end + 1; other < size(); other++) {
        if (contradict(end, other)) {
          return Optional.of(ImmutableSet.of(end, other));
        }
      }
    }
    return Optional.empty();
  }

  /** Returns whether no search is needed to know that these clash. */
  boolean clashObviously(Set<Integer> some) {
    Integer[] all = some.toArray(Integer[]::new);
    return (all.length == 1 && isMissed(all[0])) || (all.length == 2 && contradict(all[0], all[1]));
  }

  /** Returns whether no path satisfies one limit, by more than rounding. */
  private boolean isMissed(int end) {
    Constraint upper = upper(end);
    return upper.value(least(end)) > upper.atMost() + ROUNDING * size(upper);
  }

  /** Returns whether one limit is a lower one, and the other a lesser upper one on the same sum. */
  private boolean contradict(int end, int other) {
    AskedLimit one = asked(end);
    AskedLimit two = asked(other);
    if (one.fromAbove() == two.fromAbove()
        || one.counts() != two.counts()
        || !one.of().equals(two.of())) {
      return false;
    }
    return one.fromAbove() ? one.value() < two.value() : two.value() < one.value();
  }

  private double size(Constraint upper) {
    double largest = 0;
    for (double coefficient : upper.coefficients()) {
      largest = Math.max(largest, Math.abs(coefficient));
    }
    double sum = largest * paths.graph().lastNode() + Math.abs(upper.fixed());
    return Math.max(sum, Math.abs(upper.atMost()));
  }
}
