package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.library.Architecture;

/**
 * Holds what the parts of an architecture promise against the whole model: an architecture found is
 * measured before anything is spent on its training, and the search done again with what was
 * learned, until one keeps to the limits with hardly any room left, or it finds nothing new.
 *
 * <p>The sum of parts is off by some percent, by much the same for architectures that are alike; so
 * the ratio of one is good for the next.
 */
final class SpeedCheck {
  /** What is met by less than this would often be missed when it is measured again. */
  private static final double LEAST_MARGIN = 1.005;

  /** What is known no better than within this share is no ground to search anew. */
  private static final double TOO_VAGUE = 0.1;

  private final ModelSpec parent;
  private final TargetSearch search;
  private final Gauge gauge;
  private final int most;
  private final Consumer<String> told;

  /** Room above a limit that is not worth another search and measurement. */
  private static final double NEAR = 0.01;

  /** Measures a whole model, with whatever weights. */
  interface Gauge {
    /**
     * Returns how fast parent and child generate; {@code scenario} is the child's. Empty where that
     * is measured elsewhere and this architecture has not been yet.
     */
    Optional<SpeedMeasurement> measure(Architecture architecture, Scenario scenario);
  }

  /**
   * What was found and measured.
   *
   * @param correction under which the search found it
   * @param score the sum of the scores, as the search has it
   * @param excess by what share the limit is exceeded that is kept to least; none if not positive
   * @param uncertainty of the measurement, as a share
   */
  private record Trial(
      SpeedCorrection correction, double score, double excess, double uncertainty) {
    /** Whether the limits are kept to, with hardly more room than the measurement leaves open. */
    boolean near() {
      return excess <= 0 && -excess <= NEAR + uncertainty;
    }
  }

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

  /**
   * Returns the correction of each target, by its name: {@link #correction}. What the models of one
   * target teach is where the search for the next begins.
   *
   * @param first what the search finds for each by the sum of parts
   * @param progress told how many targets are done
   */
  ImmutableMap<String, SpeedCorrection> corrections(
      Map<Target, TargetSearch.Answer> first, LongConsumer progress) {
    ImmutableMap.Builder<String, SpeedCorrection> corrections = ImmutableMap.builder();
    Optional<SpeedCorrection> learned = Optional.empty();
    long done = 0;
    for (Map.Entry<Target, TargetSearch.Answer> entry : first.entrySet()) {
      Target target = entry.getKey();
      Checked checked =
          checked(target, learned.flatMap(so -> found(target, so)).orElse(entry.getValue()));
      corrections.put(target.name(), checked.best());
      learned = checked.learned();
      progress.accept(++done);
    }
    return corrections.buildOrThrow();
  }

  /**
   * Returns the correction under which the search finds the best architecture of those that were
   * measured: the one of least score that keeps to the limits, or the nearest to them. Where one
   * cannot be measured and none before keeps to the limits, it is the one that cannot.
   *
   * @param first what the search finds by the sum of parts
   */
  SpeedCorrection correction(Target target, TargetSearch.Answer first) {
    return checked(target, first).best();
  }

  /**
   * What became of a target.
   *
   * @param best under which the search finds the best architecture of those that were measured
   * @param learned of the last one; empty where that is too vague for another search
   */
  private record Checked(SpeedCorrection best, Optional<SpeedCorrection> learned) {
    static Checked of(SpeedCorrection best) {
      return new Checked(best, Optional.empty());
    }
  }

  private Checked checked(Target target, TargetSearch.Answer first) {
    List<Trial> trials = new ArrayList<>();
    List<Architecture> measured = new ArrayList<>();
    SpeedCorrection correction = first.correction();
    Optional<TargetSearch.Answer> next = Optional.of(first);
    for (int searches = 0; next.isPresent() && searches <= most; searches++) {
      TargetSearch.Answer answer = next.orElseThrow();
      Architecture architecture = answer.architecture();
      if (measured.contains(architecture)) {
        if (trials.stream().anyMatch(trial -> trial.excess() <= 0)) {
          break;
        }
        correction = correction.withMargin(correction.margin() * LEAST_MARGIN);
      } else {
        measured.add(architecture);
        Optional<SpeedCorrection> learned = tried(target, answer, correction, trials);
        if (learned.isEmpty()) {
          return Checked.of(
              trials.stream().anyMatch(trial -> trial.excess() <= 0)
                  ? best(trials).correction()
                  : correction);
        }
        correction = learned.orElseThrow();
        if (trials.get(trials.size() - 1).near()) {
          break;
        }
        if (correction.margin() > 1 + TOO_VAGUE) {
          told.accept(
              target.name()
                  + ": the measurement is too vague to search anew by it. Maybe run again when the"
                  + " machine is idle.");
          return Checked.of(best(trials).correction());
        }
      }
      next = searched(target, correction);
    }
    Trial best = best(trials);
    if (best.excess() > 0) {
      told.accept(
          String.format(
              Locale.ROOT,
              "%s: no architecture tried was measured to keep to %s; the nearest is off by %.1f %%."
                  + " Maybe more corrections.",
              target.name(),
              target.goal(),
              100 * best.excess()));
    }
    return new Checked(
        best.correction(), Optional.of(correction).filter(last -> last.margin() <= 1 + TOO_VAGUE));
  }

  /** Measures what was found, and returns the correction that it teaches. */
  private Optional<SpeedCorrection> tried(
      Target target, TargetSearch.Answer answer, SpeedCorrection correction, List<Trial> trials) {
    ModelSpec child = parent.withBlocks(answer.architecture().blocks());
    Scenario scenario = answer.problem().costs().scenario();
    Optional<SpeedMeasurement> measured = gauge.measure(answer.architecture(), scenario);
    if (measured.isEmpty()) {
      return Optional.empty();
    }
    SpeedMeasurement speed = measured.orElseThrow();
    SpeedLimits limits = new SpeedLimits(target, scenario);
    trials.add(
        new Trial(
            correction,
            answer.solution().score(),
            limits.excess(speed),
            limits.uncertainty(speed)));
    told.accept(sentence(target, answer, child, speed));
    return Optional.of(
        correction
            .with(speed, answer.problem().costs(), child)
            .withMargin(Math.max(LEAST_MARGIN, 1 + limits.uncertainty(speed))));
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

  private Optional<TargetSearch.Answer> found(Target target, SpeedCorrection correction) {
    try {
      return Optional.of(search.best(target, correction));
    } catch (NoArchitectureException e) {
      return Optional.empty(); // the sum of parts has found one to begin with
    }
  }

  private static Trial best(List<Trial> trials) {
    return trials.stream()
        .filter(trial -> trial.excess() <= 0)
        .min(Comparator.comparingDouble(Trial::score))
        .orElseGet(
            () -> trials.stream().min(Comparator.comparingDouble(Trial::excess)).orElseThrow());
  }

  private static String sentence(
      Target target, TargetSearch.Answer answer, ModelSpec child, SpeedMeasurement speed) {
    return String.format(
        Locale.ROOT,
        "%s: %.0f tokens/s expected of the architecture found, %.0f measured, %.3f ± %.3f times"
            + " the parent's %.0f",
        target.name(),
        answer.tokensPerSecond(child),
        speed.child().median(),
        speed.ratio().median(),
        speed.ratio().halfWidth(),
        speed.parent().median());
  }
}
