package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import java.util.List;
import java.util.stream.IntStream;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.cost.ThroughputMeter.Subject;

/**
 * How fast whole models generate beside the parent.
 *
 * <p>Children take turns with the parent until it is known what they keep of their limits; what
 * they are compared with takes turns with it as often as the plan says.
 *
 * @param parent generated tokens per second of the parent at its best batch
 * @param children what was measured of each child
 * @param baselines how many times as fast as the parent each baseline is
 */
record GenerationRates(
    double parent,
    ImmutableMap<HeterogeneousModel, SpeedMeasurement> children,
    ImmutableMap<HeterogeneousModel, Double> baselines) {
  /** Beginnings of generations, in rounds. */
  private static final double USUAL_WARM_ROUNDS = 1.5;

  /**
   * How long a ratio is measured that is not known well enough, as {@link ThroughputMeter} has it.
   */
  private static final double LONG_ENOUGH_SECONDS = 10;

  /**
   * Measures.
   *
   * @param fastest the parent, in the scenario with its best batch
   */
  static GenerationRates of(
      Subject fastest, List<TargetContenders> targets, MeterSettings settings) {
    PairedRates rates =
        ThroughputMeter.exact(settings)
            .measure(
                beside(fastest, targets.stream().map(TargetContenders::child).toList()),
                soFar -> decided(targets, soFar));
    ImmutableMap.Builder<HeterogeneousModel, SpeedMeasurement> children = ImmutableMap.builder();
    for (int index = 0; index < targets.size(); index++) {
      children.put(targets.get(index).child().model(), SpeedMeasurement.of(rates, index + 1));
    }
    return new GenerationRates(
        rates.tokensPerSecond(0).median(),
        children.buildOrThrow(),
        baselines(fastest, targets, settings));
  }

  /**
   * Returns how long an exact measurement usually takes, with what comes before the first round
   * that counts.
   *
   * @param roundSeconds of one generation by all models
   */
  static double seconds(MeterSettings settings, double roundSeconds) {
    double least = settings.generationRounds() * roundSeconds;
    return USUAL_WARM_ROUNDS * roundSeconds
        + Math.max(least, Math.min(2 * least, LONG_ENOUGH_SECONDS));
  }

  /** Returns the same of a brief measurement. */
  static double briefSeconds(MeterSettings settings, double roundSeconds) {
    return (USUAL_WARM_ROUNDS + Math.max(1, settings.generationRounds() / 2)) * roundSeconds;
  }

  private static boolean decided(List<TargetContenders> targets, PairedRates rates) {
    return IntStream.range(0, targets.size())
        .allMatch(
            index -> targets.get(index).limits().decided(SpeedMeasurement.of(rates, index + 1)));
  }

  private static ImmutableMap<HeterogeneousModel, Double> baselines(
      Subject fastest, List<TargetContenders> targets, MeterSettings settings) {
    List<Subject> models = targets.stream().flatMap(target -> target.baselines().stream()).toList();
    boolean onGpu = !fastest.model().device().equals(Device.CPU);
    ImmutableMap.Builder<HeterogeneousModel, Double> ratios = ImmutableMap.builder();
    // A GPU's memory need not hold them all in the format that serves.
    for (List<Subject> some : Lists.partition(models, onGpu ? 1 : Math.max(1, models.size()))) {
      PairedRates rates =
          ThroughputMeter.brief(settings).measure(beside(fastest, some), soFar -> true);
      for (int index = 0; index < some.size(); index++) {
        ratios.put(some.get(index).model(), rates.ratio(index + 1, 0).median());
      }
    }
    return ratios.buildOrThrow();
  }

  private static ImmutableList<Subject> beside(Subject parent, List<Subject> others) {
    return ImmutableList.<Subject>builder().add(parent).addAll(others).build();
  }

  /** Returns generated tokens per second: the parent's, times the ratio to it. */
  double of(HeterogeneousModel model) {
    SpeedMeasurement child = children.get(model);
    return parent * (child == null ? verifyNotNull(baselines.get(model)) : child.ratio().median());
  }
}
