package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.pipeline.AskedSpeeds.Asked;

/**
 * Holds what the parts of an architecture promise on another machine against the whole models that
 * were measured there, and asks for those that were not: the second round trip to that machine.
 */
final class SpeedsElsewhere {
  /**
   * What whole models may take there, over the sum of their parts: the architectures that would
   * then be best are asked for together, so that another trip is rarely needed.
   */
  private static final ImmutableList<Double> CONCEIVABLE = ImmutableList.of(1.0, 0.9, 1.1, 1.25);

  private final RunContext run;
  private final Target target;
  private final TargetSearch search;
  private final CostSources.Elsewhere elsewhere;

  /** Makes a check of one target. */
  SpeedsElsewhere(
      RunContext run, Target target, TargetSearch search, CostSources.Elsewhere elsewhere) {
    this.run = run;
    this.target = target;
    this.search = search;
    this.elsewhere = elsewhere;
  }

  /**
   * Returns what the search finds after it was corrected by all that was measured there. If that
   * itself was not measured there, a file in the run's directory asks for it.
   *
   * @throws NoArchitectureException if nothing fits
   */
  TargetSearch.Answer answer() throws IOException, NoArchitectureException {
    if (!SpeedLimits.concern(target) || run.plan().costs().corrections() == 0) {
      return search.best(target, SpeedCorrection.NONE);
    }
    TargetSearch.Answer first = search.best(target, SpeedCorrection.NONE);
    if (measured(first).isEmpty()) {
      first = search.best(target, known());
    }
    SpeedCheck check =
        new SpeedCheck(
            parent(),
            search,
            (architecture, scenario) ->
                elsewhere.speed(parent().withBlocks(architecture.blocks()), scenario),
            run.plan().costs().corrections(),
            run.listener()::message);
    TargetSearch.Answer best = search.best(target, check.correction(target, first));
    ask(best);
    return best;
  }

  /** Returns what any model measured there has taught; nothing where none was. */
  private SpeedCorrection known() {
    for (MeasuredSpeed speed : elsewhere.speeds()) {
      for (CostTable table : elsewhere.tables()) {
        if (table.scenario().equals(speed.scenario())) {
          ModelSpec child = parent().withBlocks(speed.blocks());
          return SpeedCorrection.NONE.with(speed.measurement(), table, child);
        }
      }
    }
    return SpeedCorrection.NONE;
  }

  private void ask(TargetSearch.Answer best) throws IOException {
    Path file = run.path("ask-" + target.name() + ".json");
    Files.deleteIfExists(file);
    if (measured(best).isPresent()) {
      return;
    }
    Set<Asked> asked = new LinkedHashSet<>();
    asked.add(asked(best));
    for (double factor : CONCEIVABLE) {
      conceivable(best.correction(), factor)
          .filter(answer -> measured(answer).isEmpty())
          .ifPresent(answer -> asked.add(asked(answer)));
    }
    new AskedSpeeds(StageDependencies.architecture(parent()).hex(), ImmutableList.copyOf(asked))
        .write(file);
    run.listener()
        .message(
            String.format(
                "%s: the architecture found was not measured as a whole on %s. Maybe measure-costs"
                    + " PARENT --architectures %s --output COSTS there, and run this again with"
                    + " those costs.",
                target.name(), elsewhere.machine(), file));
  }

  /** Returns what would be found if whole models took {@code factor} times what is expected. */
  private Optional<TargetSearch.Answer> conceivable(SpeedCorrection expected, double factor) {
    ImmutableMap<Integer, Double> factors =
        ImmutableMap.copyOf(
            Maps.toMap(
                elsewhere.tables().stream()
                    .map(table -> table.scenario().batch())
                    .distinct()
                    .toList(),
                batch -> factor * expected.factors().getOrDefault(batch, 1.0)));
    try {
      return Optional.of(
          search.best(target, new SpeedCorrection(expected.parent(), factors, expected.margin())));
    } catch (NoArchitectureException e) {
      // A machine on which nothing would fit needs no measurement.
      return Optional.empty();
    }
  }

  private Optional<SpeedMeasurement> measured(TargetSearch.Answer answer) {
    return elsewhere.speed(parent().withBlocks(answer.architecture().blocks()), scenario(answer));
  }

  private Asked asked(TargetSearch.Answer answer) {
    return new Asked(
        search.ofFastestParent().scenario(), scenario(answer), answer.architecture().blocks());
  }

  private static Scenario scenario(TargetSearch.Answer answer) {
    return answer.problem().costs().scenario();
  }

  private ModelSpec parent() {
    return run.inputs().parent().spec();
  }
}
