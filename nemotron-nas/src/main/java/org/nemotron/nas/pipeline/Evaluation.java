package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.report.RunSummary;

/** Measures parent, children and baselines, and tells what the run came to. */
final class Evaluation {
  private final RunInputs inputs;
  private final StageStore store;
  private final Stages.Coupled coupled;
  private final ImmutableList<CostTable> costs;

  Evaluation(
      RunInputs inputs,
      StageStore store,
      Stages.Coupled coupled,
      ImmutableList<CostTable> costs) {
    this.inputs = inputs;
    this.store = store;
    this.coupled = coupled;
    this.costs = costs;
  }

  /** Returns the summary of the run. */
  RunSummary summary(ImmutableList<FinishedTarget> finished)
      throws IOException, NoArchitectureException {
    List<TargetContenders> contenders = new ArrayList<>();
    SummaryBuilder summary = new SummaryBuilder(inputs, coupled, costs);
    try {
      for (FinishedTarget target : finished) {
        contenders.add(
            new TargetContenders(target, coupled.trained().library(), inputs.plan().seed()));
      }
      store.always(
          "evaluation",
          finished.size() + 3L,
          progress -> {
            summary.quality(HeldOutMeasurement.of(inputs, models(contenders)));
            progress.accept(1);
            Audits audits = new Audits(inputs, coupled);
            summary.audits(audits.additivity(), audits.speed());
            progress.accept(2);
            for (TargetContenders target : contenders) {
              summary.throughput(
                  target.tokensPerSecond(
                      inputs.parent(), inputs.plan().costs().generationRounds()));
              progress.accept(3 + contenders.indexOf(target));
            }
            summary.frontier();
            progress.accept(finished.size() + 3L);
            return ImmutableList.of();
          });
      return summary.build(contenders, store.seconds());
    } finally {
      contenders.forEach(TargetContenders::close);
    }
  }

  /** The parent, then the models of each target. */
  private List<HeterogeneousModel> models(List<TargetContenders> contenders) {
    List<HeterogeneousModel> all = new ArrayList<>();
    all.add(inputs.parent());
    contenders.forEach(target -> all.addAll(target.models()));
    return all;
  }
}
