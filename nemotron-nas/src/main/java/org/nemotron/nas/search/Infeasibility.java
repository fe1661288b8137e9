package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchOutcome.NotFound;
import org.nemotron.nas.search.SearchOutcome.OutOfTime;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.Deadline;
import org.nemotron.nas.search.graph.PathProblem;
import org.nemotron.nas.search.graph.Solver;
import org.nemotron.nas.search.graph.SolverAnswer;

/**
 * Explains why no path of a problem satisfies all its constraints.
 *
 * <p>Sets of constraints are tried by ascending size, so the first set that no path satisfies is a
 * smallest one, and every smaller set has a path. Each trial is an exact search for the least, or
 * greatest, value of one constraint under others.
 */
final class Infeasibility {
  /** Repairs that take longer to find are left out, and pins that take longer to rule out stay. */
  private static final Duration REPAIR_TIME = Duration.ofSeconds(5);

  private final Formulation formulation;
  private final PathProblem problem;
  private final Solver solver;
  private final Deadline deadline;

  Infeasibility(Formulation formulation, Solver solver, Deadline deadline) {
    this.formulation = formulation;
    this.problem = formulation.paths();
    this.solver = solver;
    this.deadline = deadline;
  }

  /** Returns the explanation, or that the time ran out. */
  NotFound explain() {
    Set<Integer> all = new TreeSet<>();
    IntStream.range(0, problem.constraints().size()).forEach(all::add);
    for (int size = 1; size <= all.size() && !deadline.isPast(); size++) {
      for (Set<Integer> candidate : Sets.combinations(all, size)) {
        if (clashes(problem, candidate, deadline)) {
          return explanation(candidate);
        }
      }
    }
    return outOfTime();
  }

  /**
   * Returns whether no path satisfies the constraints with these indices: any path disproves it.
   */
  private boolean clashes(PathProblem of, Collection<Integer> indices, Deadline until) {
    double[] indifferent = new double[of.graph().arcs()];
    PathProblem asked = of.withObjective(indifferent).withConstraints(constraints(of, indices));
    return solver.solve(asked, until) instanceof SolverAnswer.None;
  }

  private static ImmutableList<Constraint> constraints(
      PathProblem of, Collection<Integer> indices) {
    return indices.stream().map(of.constraints()::get).collect(ImmutableList.toImmutableList());
  }

  /** That nothing fits is proven by now: no score is possible at all. */
  private NotFound outOfTime() {
    return new OutOfTime(Double.POSITIVE_INFINITY, deadline.elapsed());
  }

  private NotFound explanation(Set<Integer> indices) {
    ImmutableList<Constraint> clash = constraints(problem, indices);
    Optional<Miss> miss = miss(clash.get(0), clash, deadline);
    if (miss.isEmpty()) {
      return outOfTime();
    }
    return new Infeasible(
        clash.get(0).name(),
        miss.get().limit(),
        miss.get().nearest(),
        clash.stream().map(one -> name(one, clash)).collect(ImmutableList.toImmutableList()),
        pins(indices),
        repairs(clash),
        deadline.elapsed());
  }

  /** Returns the name of a constraint, with its limits when another one has the same name. */
  private static String name(Constraint constraint, List<Constraint> clash) {
    boolean alone = clash.stream().filter(one -> one.name().equals(constraint.name())).count() == 1;
    return alone ? constraint.name() : constraint.name() + limits(constraint);
  }

  private static String limits(Constraint of) {
    if (of.atLeast() == Double.NEGATIVE_INFINITY) {
      return " at most " + of.atMost();
    }
    return of.atMost() == Double.POSITIVE_INFINITY
        ? " at least " + of.atLeast()
        : " from " + of.atLeast() + " to " + of.atMost();
  }

  private ImmutableMap<String, Double> repairs(ImmutableList<Constraint> clash) {
    ImmutableMap.Builder<String, Double> repairs = ImmutableMap.builder();
    for (Constraint one : clash) {
      miss(one, problem.constraints(), deadline.atMost(REPAIR_TIME))
          .filter(repair -> Double.isFinite(repair.nearest()))
          .ifPresent(repair -> repairs.put(name(one, clash), repair.nearest()));
    }
    return repairs.buildKeepingLast();
  }

  /** Returns the pins that take part in a clash: without any one of them, it can be resolved. */
  private ImmutableList<Rule.Pin> pins(Set<Integer> clash) {
    Deadline until = deadline.atMost(REPAIR_TIME);
    ImmutableList<Rule.Pin> all = formulation.problem().pins();
    if (all.isEmpty() || clashes(pinned(ImmutableList.of()), clash, until)) {
      return ImmutableList.of();
    }
    List<Rule.Pin> needed = new ArrayList<>(all);
    for (Rule.Pin pin : all) {
      List<Rule.Pin> fewer = new ArrayList<>(needed);
      fewer.remove(pin);
      if (!until.isPast() && clashes(pinned(fewer), clash, until)) {
        needed = fewer;
      }
    }
    return ImmutableList.copyOf(needed);
  }

  private PathProblem pinned(List<Rule.Pin> pins) {
    return Formulation.of(formulation.problem().withPins(pins)).paths();
  }

  /**
   * A limit that cannot be met.
   *
   * @param limit what was asked for
   * @param nearest the nearest value that can be had, infinite when the other constraints alone
   *     already clash
   */
  private record Miss(double limit, double nearest) {}

  /**
   * Returns how {@code constraint} is missed under all of {@code constraints}, which include it;
   * empty when that could not be proven in time.
   */
  private Optional<Miss> miss(Constraint constraint, List<Constraint> constraints, Deadline until) {
    List<Constraint> others = new ArrayList<>(constraints);
    others.remove(constraint);
    double atLeast = constraint.atLeast();
    if (atLeast > Double.NEGATIVE_INFINITY) {
      Optional<Double> greatest = least(constraint.negated(), others, until).map(least -> -least);
      if (greatest.isEmpty() || greatest.get() < atLeast) {
        return greatest.map(value -> new Miss(atLeast, value));
      }
      others.add(constraint.between(atLeast, Double.POSITIVE_INFINITY));
    }
    return least(constraint, others, until).map(value -> new Miss(constraint.atMost(), value));
  }

  /**
   * Returns the proven least value of {@code constraint} under {@code others}, infinite if no path
   * satisfies them; empty when time ran out.
   */
  private Optional<Double> least(Constraint constraint, List<Constraint> others, Deadline until) {
    PathProblem asked = problem.withObjective(constraint.coefficients()).withConstraints(others);
    SolverAnswer answer = solver.solve(asked, until);
    if (answer instanceof SolverAnswer.Best best) {
      boolean proven = best.bound() >= asked.objective(best.path());
      return proven ? Optional.of(constraint.value(best.path())) : Optional.empty();
    }
    return answer instanceof SolverAnswer.None
        ? Optional.of(Double.POSITIVE_INFINITY)
        : Optional.empty();
  }
}
