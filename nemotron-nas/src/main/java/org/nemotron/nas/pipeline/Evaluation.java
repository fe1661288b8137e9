package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;

/**
 * Measures parent, children and baselines, each time that a run ends, and sums up the run. Not a
 * {@link Stage}: nothing of it is stored.
 */
final class Evaluation {
  private static final String NAME = "evaluation";
  private static final int STEPS = 4;

  private final RunContext run;
  private final ScoredLibrary library;
  private final ImmutableList<CostTable> costs;

  Evaluation(RunContext run, ScoredLibrary library, ImmutableList<CostTable> costs) {
    this.run = run;
    this.library = library;
    this.costs = costs;
  }

  /** Returns the summary of the run. */
  RunSummary summary(List<FinishedTarget> finished) throws IOException {
    List<TargetContenders> contenders = new ArrayList<>();
    try {
      for (FinishedTarget target : finished) {
        contenders.add(
            new TargetContenders(
                target, library.trained().library(), run.plan().execution().seed()));
      }
      Measurements measured =
          run.store().always(NAME, STEPS, progress -> measured(contenders, progress));
      return new SummaryBuilder(run, library, measured).build(run.store().seconds());
    } finally {
      contenders.forEach(TargetContenders::close);
    }
  }

  private Measurements measured(List<TargetContenders> contenders, LongConsumer progress) {
    HeldOutQuality quality = HeldOutQuality.of(run.inputs(), models(contenders));
    progress.accept(1);
    ScoreAudits audits = new ScoreAudits(run, library);
    AdditivityAudit additivity = audits.additivity();
    ScoringSpeed speed = audits.speed();
    progress.accept(2);
    GenerationRates rates =
        GenerationRates.of(run.inputs().parent(), contenders, run.plan().costs().meter());
    progress.accept(3);
    MeasuredModel parent = parent(contenders.get(0), quality, rates);
    Measurements all =
        new Measurements(
            parent,
            contenders.stream()
                .map(target -> target.measured(quality, rates))
                .collect(ImmutableList.toImmutableList()),
            additivity,
            speed,
            PredictedFrontier.of(run, library, costs.get(0), parent.quality().accuracy()));
    progress.accept(STEPS);
    return all;
  }

  private MeasuredModel parent(
      TargetContenders first, HeldOutQuality quality, GenerationRates rates) {
    HeterogeneousModel parent = run.inputs().parent();
    return new MeasuredModel(
        "parent", parent, quality.of(parent), rates.of(first.scenario(), parent));
  }

  /** The parent, then the models of each target. */
  private List<HeterogeneousModel> models(List<TargetContenders> contenders) {
    List<HeterogeneousModel> all = new ArrayList<>();
    all.add(run.inputs().parent());
    contenders.forEach(target -> all.addAll(target.models()));
    return all;
  }
}
