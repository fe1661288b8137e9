package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.pipeline.Limit.Bound;
import org.nemotron.nas.pipeline.Limit.Quantity;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchOutcome.Found;
import org.nemotron.nas.search.SearchOutcome.Infeasible;
import org.nemotron.nas.search.SearchOutcome.NotFound;
import org.nemotron.nas.search.Solution;

/** Searches the architecture of a target: one problem per batch size, the best solution of all. */
final class TargetSearch {
  private static final double NANOS_PER_MILLI = 1e6;

  private final ModelSpec parent;
  private final ScoreTable scores;
  private final ImmutableList<CostTable> costs;
  private final Score.Metric metric;
  private final PuzzleSearch search =
      PuzzleSearch.builder().cancelledWhen(Cancellation.condition()).build();

  TargetSearch(
      ModelSpec parent, ScoreTable scores, ImmutableList<CostTable> costs, Score.Metric metric) {
    this.parent = parent;
    this.scores = scores;
    this.costs = costs;
    this.metric = metric;
  }

  /**
   * What was found for a target.
   *
   * @param problem of the batch size that the solution is for
   * @param budgets of that problem
   * @param solution the best
   * @param correction what speed was expected of whole models
   * @param parentTokensPerSecond what the parent generates, by the same costs
   * @param seconds how long the searches of all batch sizes took
   */
  record Answer(
      ArchitectureProblem problem,
      ImmutableList<Budget> budgets,
      Solution solution,
      SpeedCorrection correction,
      double parentTokensPerSecond,
      double seconds) {
    /** Returns the architecture found. */
    Architecture architecture() {
      return problem.architecture(solution);
    }

    /** Returns this with another architecture, within the same budgets. */
    Answer with(Architecture other) {
      return new Answer(
          problem,
          budgets,
          problem.solution(other, budgets, solution),
          correction,
          parentTokensPerSecond,
          seconds);
    }

    /** Returns the generated tokens per second that are expected of {@code child}. */
    double tokensPerSecond(ModelSpec child) {
      return correction.tokensPerSecond(problem.costs(), child);
    }
  }

  /**
   * Returns the best architecture within {@code target}'s limits.
   *
   * @param correction of the speed that the costs promise
   * @throws NoArchitectureException if nothing fits
   */
  Answer best(Target target, SpeedCorrection correction) throws NoArchitectureException {
    List<Answer> answers = new ArrayList<>();
    List<NotFound> failures = new ArrayList<>();
    UnmetSpeed unmet = new UnmetSpeed(target);
    double seconds = 0;
    for (CostTable table : costs) {
      ArchitectureProblem problem = new ArchitectureProblem(parent, scores, table, metric);
      ImmutableList<Budget> budgets = budgets(target.limits(), table, correction);
      SearchOutcome outcome = search.solve(problem.within(budgets));
      Cancellation.check();
      seconds += outcome.elapsed().toNanos() / 1e9;
      if (outcome instanceof Found found) {
        answers.add(
            new Answer(
                problem,
                budgets,
                found.best(),
                correction,
                parentTokensPerSecond(correction),
                seconds));
      } else if (outcome instanceof NotFound failure) {
        failures.add(failure);
        if (failure instanceof Infeasible infeasible) {
          unmet.add(infeasible, budgets, quantity -> inUnits(quantity, table, correction));
        }
      }
    }
    double all = seconds;
    Optional<Answer> best =
        answers.stream().min(Comparator.comparingDouble(answer -> answer.solution().score()));
    if (best.isEmpty()) {
      NotFound first = failures.get(0);
      throw new NoArchitectureException(
          target.name(), first, unmet.sentence().orElseGet(first::sentence));
    }
    Answer answer = best.orElseThrow();
    return new Answer(
        answer.problem(),
        answer.budgets(),
        answer.solution(),
        answer.correction(),
        answer.parentTokensPerSecond(),
        all);
  }

  /** Returns the blocks that the best architectures for these speed-ups have. */
  ImmutableSet<BlockChoice> promising(List<Double> speedups) {
    Set<BlockChoice> found = new LinkedHashSet<>();
    for (double speedup : speedups) {
      for (CostTable table : costs) {
        ArchitectureProblem problem = new ArchitectureProblem(parent, scores, table, metric);
        Limit limit = new Limit(Quantity.SPEEDUP, Bound.AT_LEAST, speedup);
        SearchOutcome outcome =
            search.solve(
                problem.within(budgets(ImmutableList.of(limit), table, SpeedCorrection.NONE)));
        Cancellation.check();
        if (outcome instanceof Found feasible) {
          found.addAll(problem.architecture(feasible.best()).choices());
        }
      }
    }
    return ImmutableSet.copyOf(found);
  }

  /** Returns the limits as budgets on the costs of one batch size, which are sums of parts. */
  private ImmutableList<Budget> budgets(
      ImmutableList<Limit> limits, CostTable table, SpeedCorrection correction) {
    return limits.stream()
        .map(limit -> budget(limit, table, correction))
        .collect(ImmutableList.toImmutableList());
  }

  private Budget budget(Limit limit, CostTable table, SpeedCorrection correction) {
    double value = limit.value();
    // A limit from below is raised by the margin, one from above lowered.
    double wanted =
        limit.bound() == Bound.AT_LEAST ? value * correction.margin() : value / correction.margin();
    double factor = correction.factor(table);
    return switch (limit.quantity()) {
      case SPEEDUP ->
          latency(limit.bound(), table, wanted * parentTokensPerSecond(correction), factor);
      case TOKENS_PER_SECOND -> latency(limit.bound(), table, wanted, factor);
      case LATENCY_MILLIS ->
          budget(CostTable.LATENCY_NANOS, limit.bound(), wanted * NANOS_PER_MILLI / factor);
      case PREFILL_MILLIS ->
          budget(CostTable.PREFILL_NANOS, limit.bound(), value * NANOS_PER_MILLI);
      case MEMORY_BYTES -> budget(CostTable.MEMORY_BYTES, limit.bound(), value);
      case PARAMETERS -> budget(CostTable.PARAMETERS, limit.bound(), value);
      case OWN_COST -> budget(limit.cost(), limit.bound(), value);
    };
  }

  /** Returns what a budget's value is as the value of the limit that it stands for. */
  private DoubleUnaryOperator inUnits(
      Quantity quantity, CostTable table, SpeedCorrection correction) {
    double factor = correction.factor(table);
    double margin = correction.margin();
    return switch (quantity) {
      case SPEEDUP ->
          nanos ->
              table.scenario().tokensPerSecond(nanos * factor)
                  / (margin * parentTokensPerSecond(correction));
      case TOKENS_PER_SECOND -> nanos -> table.scenario().tokensPerSecond(nanos * factor) / margin;
      case LATENCY_MILLIS -> nanos -> nanos * factor * margin / NANOS_PER_MILLI;
      case PREFILL_MILLIS -> nanos -> nanos / NANOS_PER_MILLI;
      case MEMORY_BYTES, PARAMETERS, OWN_COST -> value -> value;
    };
  }

  /** A throughput from below is a latency from above. */
  private static Budget latency(
      Bound bound, CostTable table, double tokensPerSecond, double factor) {
    double nanos = table.scenario().latencyNanos(tokensPerSecond) / factor;
    return switch (bound) {
      case AT_LEAST -> Budget.atMost(CostTable.LATENCY_NANOS, nanos);
      case AT_MOST -> Budget.atLeast(CostTable.LATENCY_NANOS, nanos);
    };
  }

  private static Budget budget(String cost, Bound bound, double value) {
    return switch (bound) {
      case AT_LEAST -> Budget.atLeast(cost, value);
      case AT_MOST -> Budget.atMost(cost, value);
    };
  }

  /** Returns the costs at whose batch size the parent is fastest. */
  CostTable ofFastestParent() {
    return costs.stream()
        .max(Comparator.comparingDouble(table -> table.tokensPerSecond(parent)))
        .orElseThrow();
  }

  /** Returns the parent's generated tokens per second: as measured, or as its parts promise. */
  double parentTokensPerSecond(SpeedCorrection correction) {
    return correction.parent() > 0
        ? correction.parent()
        : ofFastestParent().tokensPerSecond(parent);
  }
}
