package org.nemotron.nas.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.pipeline.Limit.Bound;

/**
 * Holds what the parts of an architecture promise against the whole model: an architecture found is
 * measured before anything is spent on its training, and the search done again with what was
 * learned, until it finds nothing new.
 *
 * <p>The sum of parts is off by some percent, by much the same for architectures that are alike; so
 * the ratio of one is good for the next.
 */
final class SpeedCheck {
  private final ModelSpec parent;
  private final TargetSearch search;
  private final Gauge gauge;
  private final int most;
  private final Consumer<String> told;

  /** Measures a whole model, with whatever weights. */
  interface Gauge {
    /** Returns how fast parent and child generate; {@code scenario} is the child's. */
    SpeedMeasurement measure(Architecture architecture, Scenario scenario);
  }

  /**
   * What was found and measured.
   *
   * @param correction under which the search found it
   * @param score the sum of the scores, as the search has it
   * @param excess by what share the limit is exceeded that is kept to least; none if not positive
   */
  private record Trial(SpeedCorrection correction, double score, double excess) {}

  /**
   * Makes a check.
   *
   * @param most how often the search is done again
   * @param told a sentence for each measurement
   */
  SpeedCheck(ModelSpec parent, TargetSearch search, Gauge gauge, int most, Consumer<String> told) {
    this.parent = parent;
    this.search = search;
    this.gauge = gauge;
    this.most = most;
    this.told = told;
  }

  /** Returns whether the speed of whole models matters to {@code target}. */
  static boolean concerns(Target target) {
    return target.limits().stream().anyMatch(SpeedCheck::isOnSpeed);
  }

  private static boolean isOnSpeed(Limit limit) {
    return switch (limit.quantity()) {
      case SPEEDUP, TOKENS_PER_SECOND, LATENCY_MILLIS -> true;
      case PREFILL_MILLIS, MEMORY_BYTES, PARAMETERS, OWN_COST -> false;
    };
  }

  /**
   * Returns the correction under which the search finds the best architecture of those that were
   * measured: the one of least score that keeps to the limits, or the nearest to them.
   *
   * @param first what the search finds by the sum of parts
   */
  SpeedCorrection correction(Target target, TargetSearch.Answer first) {
    List<Trial> trials = new ArrayList<>();
    List<Architecture> measured = new ArrayList<>();
    SpeedCorrection correction = first.correction();
    Optional<TargetSearch.Answer> next = Optional.of(first);
    while (next.isPresent() && trials.size() <= most) {
      TargetSearch.Answer answer = next.orElseThrow();
      Architecture architecture = answer.architecture();
      if (measured.contains(architecture)) {
        break;
      }
      measured.add(architecture);
      ModelSpec child = parent.withBlocks(architecture.blocks());
      Scenario scenario = answer.problem().costs().scenario();
      SpeedMeasurement speed = gauge.measure(architecture, scenario);
      trials.add(new Trial(correction, answer.solution().score(), excess(target, speed, scenario)));
      told.accept(sentence(target, answer, child, speed));
      correction = correction.with(speed, answer.problem().costs(), child);
      next = searched(target, correction);
    }
    return best(target, trials).correction();
  }

  /** Once something was found and measured, a search that finds nothing only ends the series. */
  private Optional<TargetSearch.Answer> searched(Target target, SpeedCorrection correction) {
    try {
      return Optional.of(search.best(target, correction));
    } catch (NoArchitectureException e) {
      told.accept(target.name() + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private Trial best(Target target, List<Trial> trials) {
    Optional<Trial> fitting =
        trials.stream()
            .filter(trial -> trial.excess() <= 0)
            .min(Comparator.comparingDouble(Trial::score));
    return fitting.orElseGet(
        () -> {
          Trial nearest =
              trials.stream().min(Comparator.comparingDouble(Trial::excess)).orElseThrow();
          told.accept(
              String.format(
                  Locale.ROOT,
                  "%s: no architecture tried was measured to keep to %s; the nearest is off by"
                      + " %.1f %%. Maybe more corrections.",
                  target.name(),
                  target.goal(),
                  100 * nearest.excess()));
          return nearest;
        });
  }

  private static String sentence(
      Target target, TargetSearch.Answer answer, ModelSpec child, SpeedMeasurement speed) {
    return String.format(
        Locale.ROOT,
        "%s: %.0f tokens/s expected of the architecture found, %.0f measured, %.3f times the"
            + " parent's %.0f",
        target.name(),
        answer.tokensPerSecond(child),
        speed.child(),
        speed.child() / speed.parent(),
        speed.parent());
  }

  private static double excess(Target target, SpeedMeasurement speed, Scenario scenario) {
    return target.limits().stream()
        .filter(SpeedCheck::isOnSpeed)
        .mapToDouble(limit -> excess(limit, speed, scenario))
        .max()
        .orElseThrow();
  }

  private static double excess(Limit limit, SpeedMeasurement speed, Scenario scenario) {
    double measured =
        switch (limit.quantity()) {
          case SPEEDUP -> speed.child() / speed.parent();
          case TOKENS_PER_SECOND -> speed.child();
          case LATENCY_MILLIS -> scenario.latencyNanos(speed.child()) / 1e6;
          case PREFILL_MILLIS, MEMORY_BYTES, PARAMETERS, OWN_COST ->
              throw new IllegalStateException(limit + " is not on speed");
        };
    return limit.bound() == Bound.AT_LEAST
        ? 1 - measured / limit.value()
        : measured / limit.value() - 1;
  }
}
