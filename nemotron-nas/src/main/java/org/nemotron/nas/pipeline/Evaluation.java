package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ListMultimap;
import com.google.common.collect.Multimaps;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.report.RunSummary;

/** Measures parent, children and baselines, and tells what the run came to. */
final class Evaluation {
  private final RunInputs inputs;
  private final StageStore store;
  private final Stages.Coupled coupled;
  private final ImmutableList<CostTable> costs;

  Evaluation(
      RunInputs inputs, StageStore store, Stages.Coupled coupled, ImmutableList<CostTable> costs) {
    this.inputs = inputs;
    this.store = store;
    this.coupled = coupled;
    this.costs = costs;
  }

  /** Returns the summary of the run. */
  RunSummary summary(ImmutableList<FinishedTarget> finished) throws IOException {
    List<TargetContenders> contenders = new ArrayList<>();
    SummaryBuilder summary = new SummaryBuilder(inputs, coupled, costs);
    try {
      for (FinishedTarget target : finished) {
        contenders.add(
            new TargetContenders(target, coupled.trained().library(), inputs.plan().seed()));
      }
      store.always(
          "evaluation",
          4,
          progress -> {
            summary.quality(HeldOutMeasurement.of(inputs, models(contenders)));
            progress.accept(1);
            ScoreAudits audits = new ScoreAudits(inputs, coupled);
            summary.audits(audits.additivity(), audits.speed());
            progress.accept(2);
            summary.throughput(throughput(contenders));
            progress.accept(3);
            summary.frontier();
            progress.accept(4);
            return ImmutableList.of();
          });
      return summary.build(contenders, store.seconds());
    } finally {
      contenders.forEach(TargetContenders::close);
    }
  }

  /**
   * The parent's rate and those of the models of each target, measured in turns for each scenario
   * that targets have in common.
   */
  private List<ImmutableList<Double>> throughput(List<TargetContenders> contenders) {
    ListMultimap<Scenario, TargetContenders> byScenario =
        Multimaps.index(
            contenders, target -> target.target().answer().problem().costs().scenario());
    Map<TargetContenders, ImmutableList<Double>> rates = new HashMap<>();
    for (Scenario scenario : byScenario.keySet()) {
      List<HeterogeneousModel> models = new ArrayList<>();
      models.add(inputs.parent());
      byScenario.get(scenario).forEach(target -> models.addAll(target.measured()));
      ImmutableList<Double> measured =
          new ThroughputMeter(scenario, inputs.plan().costs().generationRounds()).measure(models);
      int next = 1;
      for (TargetContenders target : byScenario.get(scenario)) {
        int end = next + target.measured().size();
        rates.put(
            target,
            ImmutableList.<Double>builder()
                .add(measured.get(0))
                .addAll(TargetContenders.rates(measured.subList(next, end)))
                .build());
        next = end;
      }
    }
    return contenders.stream().map(target -> verifyNotNull(rates.get(target))).toList();
  }

  /** The parent, then the models of each target. */
  private List<HeterogeneousModel> models(List<TargetContenders> contenders) {
    List<HeterogeneousModel> all = new ArrayList<>();
    all.add(inputs.parent());
    contenders.forEach(target -> all.addAll(target.models()));
    return all;
  }
}
