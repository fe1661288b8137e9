package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.ThroughputMeter.Subject;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.report.BenchmarkTable;
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

  /** The child, itself before its distillation, two baselines, and its architecture untrained. */
  private static final int MODELS_OF_TARGET = 5;

  /**
   * Beside the parent, the children; in the format that serves, the parent and the children; and
   * blocks of their own of what a child is compared with. As a share of a child: four models with a
   * quarter of their blocks not the parent's.
   */
  private static final double OWN_BLOCKS = 1;

  private final RunContext run;
  private final ScoredLibrary library;
  private final ImmutableList<CostTable> costs;
  private final PlanTasks tasks;
  private final TargetSearch search;

  Evaluation(
      RunContext run,
      ScoredLibrary library,
      ImmutableList<CostTable> costs,
      PlanTasks tasks,
      TargetSearch search) {
    this.run = run;
    this.library = library;
    this.costs = costs;
    this.tasks = tasks;
    this.search = search;
  }

  /** Returns what the evaluation will take. */
  static StageEstimate estimate(PlanWork work) {
    CompressionPlan plan = work.plan();
    double shares = plan.targets().stream().mapToDouble(one -> work.global(one).share()).sum();
    long heldOut =
        (long) plan.inputs().heldOut().size()
            * plan.data().heldOutWindows()
            * plan.data().heldOutWindowTokens();
    double times = plan.targets().stream().mapToDouble(work::timeShare).sum();
    double generation = work.fastest().parentSeconds();
    double seconds =
        GenerationRates.seconds(work.meter(), (1 + times) * generation)
            + GenerationRates.briefSeconds(work.meter(), (1 + 2 * times) * generation);
    return work.stage(
        NAME,
        ImmutableList.of(
            work.passes(heldOut, 1 + MODELS_OF_TARGET * shares),
            work.passes(work.validationTokens(), 2 + plan.scoring().auditedPairs()),
            work.passes(work.validationTokens(), 1.5 * ScoreAudits.SPEED_SAMPLE)),
        seconds,
        work.beside(
            work.libraryBytes() + Math.round(shares * work.parentBytes()),
            Math.round(2 * (1 + 3 * shares) * work.parent().parameters()),
            work.divided() ? dividedBytes(work, shares) : work.servedBytes(1 + 2 * shares),
            work.divided()
                ? dividedBytes(work, shares)
                : work.servedBytes(1 + (2 + OWN_BLOCKS) * shares),
            "fewer targets"),
        0,
        ImmutableList.of("data.heldOutWindows", "costs.meter.generationRounds"),
        plan.evaluation().namesNone()
            ? "the frontier's searches"
            : "the frontier's searches and evaluation.tasks");
  }

  /**
   * With a divided parent the layers of parent and children stay in their files, but for parent and
   * children in the format that serves; each child has an embedding and a head of its own.
   */
  private static long dividedBytes(PlanWork work, double shares) {
    return work.servedBytes(1 + shares) + work.plan().targets().size() * work.heldBytes();
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
      return new SummaryBuilder(run, library, search, measured).build(run.store().seconds());
    } finally {
      contenders.forEach(TargetContenders::close);
    }
  }

  private Measurements measured(List<TargetContenders> contenders, LongConsumer progress)
      throws IOException {
    HeldOutQuality quality = HeldOutQuality.of(run.inputs(), models(contenders));
    progress.accept(1);
    ScoreAudits audits = new ScoreAudits(run, library);
    AdditivityAudit additivity = audits.additivity();
    ScoringSpeed speed = audits.speed();
    progress.accept(2);
    Subject fastest = new Subject(run.inputs().parent(), search.ofFastestParent().scenario());
    GenerationRates rates = GenerationRates.of(fastest, contenders, run.plan().costs().meter());
    progress.accept(3);
    MeasuredModel parent =
        new MeasuredModel("parent", fastest.model(), quality.of(fastest.model()), rates.parent());
    Measurements all =
        new Measurements(
            fastest.scenario(),
            parent,
            contenders.stream()
                .map(target -> target.measured(quality, rates))
                .collect(ImmutableList.toImmutableList()),
            additivity,
            speed,
            PredictedFrontier.of(run, library, costs.get(0), parent.quality().accuracy()),
            benchmarks(contenders));
    progress.accept(STEPS);
    return all;
  }

  private BenchmarkTable benchmarks(List<TargetContenders> contenders) throws IOException {
    return PlanBenchmarks.table(run.inputs(), tasks, contenders);
  }

  /** The parent, then the models of each target. */
  private List<HeterogeneousModel> models(List<TargetContenders> contenders) {
    List<HeterogeneousModel> all = new ArrayList<>();
    all.add(run.inputs().parent());
    contenders.forEach(target -> all.addAll(target.models()));
    return all;
  }
}
