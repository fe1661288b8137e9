package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Explains why no path of a network meets all its rows.
 *
 * <p>Sets of rows are tried by ascending size, so the first set that cannot be met together is a
 * smallest one, and every smaller set can be met. Each trial is an exact search for the least, or
 * greatest, value of one row while others hold.
 */
final class Infeasibility {
  /** Repairs that take longer to find are left out. */
  private static final Duration REPAIR_TIME = Duration.ofSeconds(5);

  private final LayerGraph network;
  private final Solver solver;
  private final Deadline deadline;

  Infeasibility(LayerGraph network, Solver solver, Deadline deadline) {
    this.network = network;
    this.solver = solver;
    this.deadline = deadline;
  }

  /** Returns the explanation, or that the time ran out. */
  SearchOutcome explain() {
    Set<Integer> all = new TreeSet<>();
    IntStream.range(0, network.rows.size()).forEach(all::add);
    for (int size = 1; size <= all.size() && !deadline.isPast(); size++) {
      for (Set<Integer> candidate : Sets.combinations(all, size)) {
        ImmutableList<Constraint> clash =
            candidate.stream().map(network.rows::get).collect(ImmutableList.toImmutableList());
        if (clashes(clash)) {
          return explanation(clash);
        }
      }
    }
    return outOfTime();
  }

  /** Returns whether nothing meets these rows: finding anything at all is enough to tell. */
  private boolean clashes(ImmutableList<Constraint> rows) {
    double[] indifferent = new double[network.arcs()];
    LayerGraph asked = network.withObjective(indifferent).withRows(rows);
    return solver.solve(asked, deadline) instanceof SolverAnswer.None;
  }

  /** That nothing fits is proven by now: no score is possible at all. */
  private SearchOutcome outOfTime() {
    return new SearchOutcome.OutOfTime(Double.POSITIVE_INFINITY, deadline.elapsed());
  }

  private SearchOutcome explanation(ImmutableList<Constraint> clash) {
    Constraint first = clash.get(0);
    Optional<Miss> miss = miss(first, clash, deadline);
    if (miss.isEmpty()) {
      return outOfTime();
    }
    ImmutableMap.Builder<String, Double> repairs = ImmutableMap.builder();
    for (Constraint row : clash) {
      miss(row, network.rows, deadline.atMost(REPAIR_TIME))
          .filter(repair -> Double.isFinite(repair.nearest()))
          .ifPresent(repair -> repairs.put(row.name, repair.nearest()));
    }
    return new SearchOutcome.Infeasible(
        first.name,
        miss.get().limit(),
        miss.get().nearest(),
        clash.stream().map(row -> row.name).collect(ImmutableList.toImmutableList()),
        repairs.buildKeepingLast(),
        deadline.elapsed());
  }

  /**
   * A limit that cannot be met.
   *
   * @param limit what was asked for
   * @param nearest the nearest value that can be had, infinite when the other rows alone already
   *     clash
   */
  private record Miss(double limit, double nearest) {}

  /**
   * Returns how {@code row} misses when all of {@code rows}, which include it, must hold; empty
   * when that could not be proven in time.
   */
  private Optional<Miss> miss(Constraint row, List<Constraint> rows, Deadline until) {
    List<Constraint> others = new ArrayList<>(rows);
    others.remove(row);
    if (row.atLeast > Double.NEGATIVE_INFINITY) {
      Optional<Double> greatest = least(row.negated(), others, until).map(least -> -least);
      if (greatest.isEmpty() || greatest.get() < row.atLeast) {
        return greatest.map(value -> new Miss(row.atLeast, value));
      }
      others.add(row.between(row.atLeast, Double.POSITIVE_INFINITY));
    }
    return least(row, others, until).map(value -> new Miss(row.atMost, value));
  }

  /**
   * Returns the proven least value of {@code row} while {@code others} hold, infinite if they
   * cannot; empty when time ran out.
   */
  private Optional<Double> least(Constraint row, List<Constraint> others, Deadline until) {
    LayerGraph asked = network.withObjective(row.coefficients).withRows(others);
    SolverAnswer answer = solver.solve(asked, until);
    if (answer instanceof SolverAnswer.Best best) {
      boolean proven = best.bound() >= asked.score(best.path());
      return proven ? Optional.of(row.value(best.path())) : Optional.empty();
    }
    return answer instanceof SolverAnswer.None
        ? Optional.of(Double.POSITIVE_INFINITY)
        : Optional.empty();
  }
}
