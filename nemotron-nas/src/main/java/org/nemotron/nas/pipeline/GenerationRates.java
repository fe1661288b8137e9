package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import com.google.common.collect.ImmutableTable;
import com.google.common.collect.Multimaps;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;

/**
 * Generated tokens per second of whole models, by scenario.
 *
 * @param rates of each model that was measured in a scenario; the parent in all of them
 */
record GenerationRates(ImmutableTable<Scenario, HeterogeneousModel, Double> rates) {
  /** Measures the parent and the models of targets that share a scenario in turns. */
  static GenerationRates of(
      HeterogeneousModel parent, List<TargetContenders> targets, MeterSettings settings) {
    ImmutableListMultimap<Scenario, TargetContenders> byScenario =
        Multimaps.index(targets, TargetContenders::scenario);
    ImmutableTable.Builder<Scenario, HeterogeneousModel, Double> rates = ImmutableTable.builder();
    for (Scenario scenario : byScenario.keySet()) {
      List<HeterogeneousModel> models = new ArrayList<>();
      models.add(parent);
      byScenario.get(scenario).forEach(target -> models.addAll(target.timed()));
      ImmutableList<Double> measured = new ThroughputMeter(scenario, settings).measure(models);
      for (int index = 0; index < models.size(); index++) {
        rates.put(scenario, models.get(index), measured.get(index));
      }
    }
    return new GenerationRates(rates.buildOrThrow());
  }

  /** Returns the rate of {@code model} in {@code scenario}. */
  double of(Scenario scenario, HeterogeneousModel model) {
    return verifyNotNull(rates.get(scenario, model));
  }
}
