package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import java.util.function.Function;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.report.SearchRound;
import org.nemotron.nas.report.SearchRound.KlToParent;
import org.nemotron.nas.report.SearchRound.Step;
import org.nemotron.nas.score.ContextScores;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchOutcome;
import org.nemotron.nas.search.SearchOutcome.Found;

/**
 * Searches near a child, by scores of candidates within it.
 *
 * <p>The scores predict the exchange of one choice as it is measured, and that of many the worse
 * the more there are: a trust region. The best architectures with at most so many exchanges, half
 * as many and so on down to one are measured, which costs little beside the scores; the one nearest
 * to the parent is taken if it is nearer than the child.
 *
 * <p>Source: trust-region methods, Conn, Gould and Toint 2000, with the number of exchanged choices
 * as the radius; the rounds of scoring, search and healing are those of iterative Puzzle.
 */
final class TrustRegionSearch {
  private final ModelSpec parent;
  private final CostTable costs;
  private final ImmutableList<Budget> budgets;
  private final Score.Metric metric;
  private final Function<Architecture, KlToParent> meter;
  private final PuzzleSearch search =
      PuzzleSearch.builder().cancelledWhen(Cancellation.condition()).build();

  /**
   * Makes a search.
   *
   * @param costs of the batch size that the child is for
   * @param budgets that the child keeps to, and all that is tried
   * @param metric by what the search goes; what it finds is taken by its KL
   * @param meter measures a child before its distillation
   */
  TrustRegionSearch(
      ModelSpec parent,
      CostTable costs,
      ImmutableList<Budget> budgets,
      Score.Metric metric,
      Function<Architecture, KlToParent> meter) {
    this.parent = parent;
    this.costs = costs;
    this.budgets = budgets;
    this.metric = metric;
    this.meter = meter;
  }

  /**
   * What a round has found.
   *
   * @param child the next child; the same as before if nothing was taken
   */
  record Result(Architecture child, SearchRound round) {}

  /**
   * Does one round.
   *
   * @param number of the round, from 1
   * @param scores within the child that the round begins with
   * @param before that child, measured
   * @param most how many of its choices may be exchanged
   */
  Result round(int number, ContextScores scores, KlToParent before, int most) {
    Architecture child = scores.child();
    ImmutableList.Builder<Step> steps = ImmutableList.builder();
    int exchanges = most;
    Architecture next = child;
    int taken = 0;
    double nearest = before.startNats();
    while (exchanges > 0) {
      Optional<Architecture> searched = best(scores, exchanges);
      int exchanged = searched.map(found -> Exchanges.count(child, found)).orElse(0);
      if (exchanged == 0) {
        break; // the scores know of no better one
      }
      Architecture found = searched.orElseThrow();
      KlToParent measured = meter.apply(found);
      Cancellation.check();
      double predicted = scores.predicted(parent, found, Score.Metric.KL);
      steps.add(new Step(exchanges, exchanged, predicted, measured, false));
      if (measured.startNats() < nearest) {
        nearest = measured.startNats();
        next = found;
        taken = exchanges;
      }
      // With room for as many as it had, or more, the same one would be found.
      exchanges = Math.min(exchanges / 2, exchanged - 1);
    }
    return new Result(next, new SearchRound(number, before, taken(steps.build(), taken)));
  }

  /** Marks the step that could exchange {@code most} choices as taken. */
  private static ImmutableList<Step> taken(ImmutableList<Step> steps, int most) {
    return steps.stream()
        .map(step -> step.most() == most ? step.asTaken() : step)
        .collect(ImmutableList.toImmutableList());
  }

  private Optional<Architecture> best(ContextScores scores, int exchanges) {
    ArchitectureProblem problem = new ArchitectureProblem(parent, scores.table(), costs, metric);
    SearchOutcome outcome =
        search.solve(Exchanges.atMost(exchanges, problem.within(budgets), scores.child()));
    Cancellation.check();
    return outcome instanceof Found found
        ? Optional.of(problem.architecture(found.best()))
        : Optional.empty();
  }
}
