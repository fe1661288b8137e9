package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Sets;
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
  private final Network network;
  private final Solver solver;
  private final Deadline deadline;
  private boolean unproven;

  Infeasibility(Network network, Solver solver, Deadline deadline) {
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
        ImmutableList<Row> clash =
            candidate.stream().map(network.rows::get).collect(ImmutableList.toImmutableList());
        Optional<Miss> miss = miss(clash.get(0), clash);
        if (miss.isPresent()) {
          return explanation(clash, miss.get());
        }
      }
    }
    return outOfTime();
  }

  /** That nothing fits is proven by now: no score is possible at all. */
  private SearchOutcome outOfTime() {
    return new SearchOutcome.OutOfTime(Double.POSITIVE_INFINITY, deadline.elapsed());
  }

  private SearchOutcome explanation(ImmutableList<Row> clash, Miss miss) {
    ImmutableMap.Builder<String, Double> repairs = ImmutableMap.builder();
    for (Row row : clash) {
      miss(row, network.rows)
          .filter(repair -> Double.isFinite(repair.nearest()))
          .ifPresent(repair -> repairs.put(row.name, repair.nearest()));
    }
    if (unproven) {
      return outOfTime();
    }
    return new SearchOutcome.Infeasible(
        clash.get(0).name,
        miss.limit(),
        miss.nearest(),
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

  /** Returns how {@code row} misses when all of {@code rows}, which include it, must hold. */
  private Optional<Miss> miss(Row row, List<Row> rows) {
    List<Row> others = new ArrayList<>(rows);
    others.remove(row);
    if (row.atLeast > Double.NEGATIVE_INFINITY) {
      double greatest = -least(row.negated(), others);
      if (greatest < row.atLeast) {
        return Optional.of(new Miss(row.atLeast, greatest));
      }
      others.add(row.between(row.atLeast, Double.POSITIVE_INFINITY));
    }
    if (row.atMost < Double.POSITIVE_INFINITY) {
      double least = least(row, others);
      if (least > row.atMost) {
        return Optional.of(new Miss(row.atMost, least));
      }
    }
    return Optional.empty();
  }

  /** Returns the least value of {@code row} while {@code others} hold, infinite if they cannot. */
  private double least(Row row, List<Row> others) {
    Answer answer =
        solver.solve(network.withObjective(row.coefficients).withRows(others), deadline);
    if (!(answer instanceof Answer.Best best)) {
      unproven |= answer instanceof Answer.Stopped;
      return Double.POSITIVE_INFINITY;
    }
    unproven |= best.bound() < network.withObjective(row.coefficients).score(best.path());
    return row.value(best.path());
  }
}
