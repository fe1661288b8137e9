package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.search.AskedLimit;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.Rule;
import org.nemotron.nas.search.SearchOutcome.Infeasible;

/**
 * Says in the unit of a {@link Limit} on speed why it cannot be met: a search knows it as a limit
 * on nanoseconds.
 */
final class UnmetSpeed {
  private final Target target;
  private final List<Failure> failures = new ArrayList<>();

  /**
   * That nothing fits for one batch size.
   *
   * @param outcome what the search proved
   * @param budgets one for each limit of the target, in their order
   * @param inUnits the value of a limit, by its quantity, for a value of its budget
   */
  private record Failure(Infeasible outcome, ImmutableList<Budget> budgets, Conversion inUnits) {}

  /** Converts nanoseconds to the unit of a quantity. */
  @FunctionalInterface
  interface Conversion {
    /** Returns the conversion for a quantity. */
    DoubleUnaryOperator of(Quantity quantity);
  }

  UnmetSpeed(Target target) {
    this.target = target;
  }

  void add(Infeasible outcome, ImmutableList<Budget> budgets, Conversion inUnits) {
    failures.add(new Failure(outcome, budgets, inUnits));
  }

  /** Returns the sentence, without its full stop; empty when speed is not what clashes. */
  Optional<String> sentence() {
    for (int index = 0; index < target.limits().size(); index++) {
      Limit limit = target.limits().get(index);
      if (isSpeed(limit)) {
        Optional<Nearest> nearest = nearest(limit, index);
        if (nearest.isPresent()) {
          return Optional.of(sentence(limit, nearest.get()));
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The value nearest to a limit for one batch size.
   *
   * @param asked the limit as the search knows it
   * @param value in the unit of the limit, NaN when it is not known
   */
  private record Nearest(Infeasible outcome, AskedLimit asked, double value) {}

  private static boolean isSpeed(Limit limit) {
    return switch (limit.quantity()) {
      case SPEEDUP, TOKENS_PER_SECOND, LATENCY_MILLIS, PREFILL_MILLIS -> true;
      case MEMORY_BYTES, PARAMETERS, OWN_COST -> false;
    };
  }

  private static Optional<AskedLimit> clashing(Failure failure, int index) {
    Budget budget = failure.budgets().get(index);
    return failure.outcome().clash().stream()
        .filter(asked -> !asked.counts() && asked.of().equals(budget.cost()))
        .filter(asked -> asked.value() == (asked.fromAbove() ? budget.atMost() : budget.atLeast()))
        .findFirst();
  }

  /** Returns the nearest of all batch sizes, empty when the limit clashes for none. */
  private Optional<Nearest> nearest(Limit limit, int index) {
    List<Nearest> all = new ArrayList<>();
    for (Failure failure : failures) {
      Optional<AskedLimit> asked = clashing(failure, index);
      if (asked.isPresent()) {
        double nanos = nearest(failure.outcome(), asked.get());
        double value = failure.inUnits().of(limit.quantity()).applyAsDouble(nanos);
        all.add(new Nearest(failure.outcome(), asked.get(), value));
      }
    }
    // NaN sorts as the greatest number.
    return limit.bound() == Bound.AT_MOST
        ? all.stream().min(Comparator.comparingDouble(Nearest::value))
        : all.stream().min(Comparator.comparingDouble(nearest -> -nearest.value()));
  }

  private static String sentence(Limit limit, Nearest nearest) {
    String rest =
        Stream.concat(
                nearest.outcome().clash().stream()
                    .filter(other -> !other.equals(nearest.asked()))
                    .map(AskedLimit::inWords),
                nearest.outcome().pins().stream().map(Rule.Pin::inWords))
            .collect(Collectors.joining(" and "));
    String end = limit.bound() == Bound.AT_MOST ? "least" : "greatest";
    return limit
        + " cannot be met"
        + (Double.isNaN(nearest.value())
            ? ""
            : String.format(
                Locale.ROOT,
                ": the %s that an architecture can have is %.4g",
                end,
                nearest.value()))
        + (rest.isEmpty() ? "" : ", given " + rest);
  }

  private static double nearest(Infeasible outcome, AskedLimit asked) {
    return outcome.clash().get(0).equals(asked)
        ? outcome.nearest()
        : outcome.repairs().getOrDefault(asked, Double.NaN);
  }
}
