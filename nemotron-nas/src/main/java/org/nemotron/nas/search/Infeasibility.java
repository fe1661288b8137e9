package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.exact.ExactSolver;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.SolverAnswer;

/** Explains why no path of a problem satisfies all its constraints. */
final class Infeasibility {
  /*
   * Method. Sets of limits are tried by ascending size, so the first set that no path satisfies is
   * a smallest one. A limit by itself is a question of shortest paths, and two on the same sum
   * contradict each other or not; other sets are searched for some path, which disproves the clash
   * of all sets that it satisfies. Everything has a bounded time: that nothing fits is known before
   * this begins, and an explanation that takes minutes is none.
   */
  private static final Duration CLASH_TIME = Duration.ofSeconds(5);
  private static final Duration NEAREST_TIME = Duration.ofSeconds(1);

  /** Pins that take longer to rule out stay. */
  private static final Duration PINS_TIME = Duration.ofSeconds(1);

  /** Repairs that take longer to find are left out. */
  private static final Duration REPAIR_TIME = Duration.ofSeconds(1);

  private final Formulation formulation;
  private final Limits limits;
  private final ExactSolver solver;
  private final Deadline deadline;
  private final List<Path> witnesses = new ArrayList<>();

  /**
   * @param solver without a gap
   */
  Infeasibility(Formulation formulation, ExactSolver solver, Deadline deadline) {
    this.formulation = formulation;
    this.limits = Limits.of(formulation.paths());
    this.solver = solver;
    this.deadline = deadline;
  }

  /**
   * Returns the explanation where no search is needed to know that nothing fits: one limit by
   * itself, or two that contradict each other.
   */
  Optional<Infeasible> obvious() {
    return limits.obviousClash().map(this::explanation);
  }

  /** Returns the explanation of what a search has proven. */
  Infeasible explain() {
    return clash(deadline.atMost(CLASH_TIME)).map(this::explanation).orElseGet(this::unexplained);
  }

  private Optional<Set<Integer>> clash(Deadline until) {
    Set<Integer> all = new TreeSet<>(limits.allBut(-1));
    for (int size = 1; size < all.size(); size++) {
      for (Set<Integer> candidate : Sets.combinations(all, size)) {
        if (until.isPast()) {
          return Optional.empty();
        }
        if (clashes(limits, candidate, witnesses, until)) {
          return Optional.of(candidate);
        }
      }
    }
    return Optional.of(all);
  }

  /** Returns whether it is proven that no path satisfies these limits. */
  private boolean clashes(Limits of, Set<Integer> ends, List<Path> known, Deadline until) {
    PathProblem asked = of.problem(ends);
    if (known.stream().anyMatch(asked::allows)) {
      return false;
    }
    if (of.clashObviously(ends)) {
      return true;
    }
    SolverAnswer answer = solver.any(of.towards(ends), until);
    if (answer instanceof SolverAnswer.Best best) {
      known.add(best.path());
    }
    return answer instanceof SolverAnswer.None;
  }

  private Infeasible unexplained() {
    return new Infeasible(
        ImmutableList.of(), Double.NaN, ImmutableList.of(), ImmutableMap.of(), deadline.elapsed());
  }

  private Infeasible explanation(Set<Integer> clash) {
    List<Integer> ends = List.copyOf(clash);
    List<Integer> others = ends.subList(1, ends.size());
    return new Infeasible(
        ends.stream().map(limits::asked).collect(ImmutableList.toImmutableList()),
        nearest(ends.get(0), others, deadline.atMost(NEAREST_TIME)).orElse(Double.NaN),
        pins(clash),
        repairs(ends),
        deadline.elapsed());
  }

  private ImmutableMap<AskedLimit, Double> repairs(List<Integer> clash) {
    ImmutableMap.Builder<AskedLimit, Double> repairs = ImmutableMap.builder();
    Deadline until = deadline.atMost(REPAIR_TIME);
    int left = clash.size();
    for (int end : clash) {
      repair(end, clash, until.shared(left--))
          .ifPresent(value -> repairs.put(limits.asked(end), value));
    }
    return repairs.buildKeepingLast();
  }

  /** Returns the value nearest to one limit of a clash that a path has within all others. */
  private OptionalDouble repair(int end, List<Integer> clash, Deadline until) {
    if (limits.asked(end).counts()) {
      // The nearest under the clash alone is a bound, and as numbers of layers are few, often it.
      List<Integer> rest = clash.stream().filter(other -> other != end).toList();
      OptionalDouble near = nearest(end, rest, until.shared(2));
      if (near.isPresent()
          && solver.any(towards(end, near.getAsDouble()), until.shared(2))
              instanceof SolverAnswer.Best) {
        return near;
      }
    }
    return nearest(end, limits.allBut(end), until);
  }

  private PathProblem towards(int end, double value) {
    Limits moved = limits.moved(end, value);
    return moved.towards(moved.allBut(-1));
  }

  /** Returns the pins that take part in a clash: without any one of them, it can be resolved. */
  private ImmutableList<Rule.Pin> pins(Set<Integer> clash) {
    Deadline until = deadline.atMost(PINS_TIME);
    ImmutableList<Rule.Pin> all = formulation.problem().pins();
    if (all.isEmpty() || clashesUnder(ImmutableList.of(), clash, until)) {
      return ImmutableList.of();
    }
    List<Rule.Pin> needed = new ArrayList<>(all);
    for (Rule.Pin pin : all) {
      List<Rule.Pin> fewer = new ArrayList<>(needed);
      fewer.remove(pin);
      if (!until.isPast() && clashesUnder(fewer, clash, until)) {
        needed = fewer;
      }
    }
    return ImmutableList.copyOf(needed);
  }

  private boolean clashesUnder(List<Rule.Pin> pins, Set<Integer> clash, Deadline until) {
    SearchProblem pinned = formulation.problem().withPins(pins);
    Limits of = Limits.of(Formulation.of(pinned).paths());
    return clashes(of, clash, new ArrayList<>(), until);
  }

  /**
   * Returns the value nearest to one limit that a path can have while it satisfies others; empty
   * when there is none, or that could not be proven in time.
   */
  private OptionalDouble nearest(int end, List<Integer> others, Deadline until) {
    Constraint sum = limits.constraint(end);
    PathProblem asked = limits.problem(others).withObjective(limits.upper(end).coefficients());
    if (others.isEmpty()) {
      return OptionalDouble.of(sum.value(limits.least(end)));
    }
    return solver.solve(asked, until) instanceof SolverAnswer.Best best
            && best.bound() >= asked.objective(best.path())
        ? OptionalDouble.of(sum.value(best.path()))
        : OptionalDouble.empty();
  }
}
