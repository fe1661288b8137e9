package org.nemotron.nas.pipeline;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.AdditivityAudit;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Divergence;
import org.nemotron.nas.report.RunSummary.FrontierPoint;
import org.nemotron.nas.report.RunSummary.LayerTime;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.LossPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Predicted;
import org.nemotron.nas.report.RunSummary.ScenarioSummary;
import org.nemotron.nas.report.RunSummary.ScoringSpeed;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.score.ModelQuality;
import org.nemotron.nas.score.Score;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.Frontier;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.Solution;

/** Gathers what was measured and puts it into the summary's records. */
final class SummaryBuilder {
  private static final int FRONTIER_POINTS = 24;

  // Beyond this, nothing is left of a small parent that would be worth showing.
  private static final double FRONTIER_SPEEDUP = 3;

  private static final int MODELS_PER_TARGET = 5;

  private final RunInputs inputs;
  private final Stages.Coupled coupled;
  private final ImmutableList<CostTable> costs;
  private final List<ImmutableList<Double>> tokensPerSecond = new ArrayList<>();
  private ImmutableList<FrontierPoint> frontier = ImmutableList.of();
  private @Nullable HeldOutMeasurement quality;
  private @Nullable AdditivityAudit additivity;
  private @Nullable ScoringSpeed scoringSpeed;

  SummaryBuilder(RunInputs inputs, Stages.Coupled coupled, ImmutableList<CostTable> costs) {
    this.inputs = inputs;
    this.coupled = coupled;
    this.costs = costs;
  }

  /** Takes in the quality of the parent, then of the models of each target. */
  void quality(HeldOutMeasurement measured) {
    quality = measured;
  }

  void audits(AdditivityAudit measuredAdditivity, ScoringSpeed measuredSpeed) {
    additivity = measuredAdditivity;
    scoringSpeed = measuredSpeed;
  }

  /** Takes in the rates of each target: the parent's, then its models'. */
  void throughput(List<ImmutableList<Double>> rates) {
    tokensPerSecond.addAll(rates);
  }

  /** Searches the efficient frontier of the first batch size. */
  void frontier() {
    CostTable table = costs.get(0);
    ModelSpec parent = inputs.parent().spec();
    ArchitectureProblem problem =
        new ArchitectureProblem(parent, coupled.scores(), table, inputs.plan().scoring().metric());
    double fastest = table.latency(parent).scenarioNanos(table.scenario()) / FRONTIER_SPEEDUP;
    Frontier found =
        PuzzleSearch.create()
            .frontier(
                problem.within(ImmutableList.of(Budget.atLeast(CostTable.LATENCY_NANOS, fastest))),
                CostTable.LATENCY_NANOS,
                FRONTIER_POINTS);
    double parentAccuracy = measured().mean(0).accuracy();
    ImmutableList.Builder<FrontierPoint> points = ImmutableList.builder();
    for (Frontier.Point point : found.points()) {
      Solution solution = point.solution();
      Score score = coupled.scores().score(parent, problem.architecture(solution));
      double nanos = verifyNotNull(solution.costs().get(CostTable.LATENCY_NANOS));
      points.add(
          new FrontierPoint(
              table.scenario().tokensPerSecond(nanos),
              score.klNats(),
              Math.max(0, parentAccuracy - score.accuracyDrop())));
    }
    frontier = points.build();
  }

  private HeldOutMeasurement measured() {
    return verifyNotNull(quality, "quality comes first");
  }

  /** Returns the summary. */
  RunSummary build(List<TargetContenders> contenders, ImmutableList<StageSeconds> stages) {
    CostTable table = contenders.get(0).target().answer().problem().costs();
    Scenario scenario = table.scenario();
    ImmutableList.Builder<TargetSummary> targets = ImmutableList.builder();
    for (int index = 0; index < contenders.size(); index++) {
      targets.add(target(contenders.get(index), index));
    }
    ImmutableList<CandidateTraining> trainings = coupled.trained().trainings();
    return new RunSummary(
        Path.of(inputs.plan().parent()).toAbsolutePath().normalize().getFileName().toString(),
        new ScenarioSummary(scenario.batch(), scenario.promptTokens(), scenario.outputTokens()),
        figures("parent", inputs.parent(), 0, tokensPerSecond.get(0).get(0), scenario),
        layerTimes(table, inputs.parent().spec()),
        targets.build(),
        frontier,
        trainings.stream().map(SummaryBuilder::curve).collect(ImmutableList.toImmutableList()),
        diverged(trainings),
        verifyNotNull(scoringSpeed),
        verifyNotNull(additivity),
        stages,
        environment(contenders));
  }

  private TargetSummary target(TargetContenders contenders, int index) {
    FinishedTarget target = contenders.target();
    CostTable table = target.answer().problem().costs();
    Scenario scenario = table.scenario();
    ImmutableList<Double> rates = tokensPerSecond.get(index);
    ImmutableList<HeterogeneousModel> models = contenders.models();
    ImmutableList<String> names = contenders.names();
    List<ModelFigures> figures = new ArrayList<>();
    for (int model = 0; model < MODELS_PER_TARGET; model++) {
      int row = 1 + index * MODELS_PER_TARGET + model;
      double rate = rates.get(1 + model);
      figures.add(figures(names.get(model), models.get(model), row, rate, scenario));
    }
    ModelSpec child = target.child().model().spec();
    return new TargetSummary(
        target.target().name(),
        target.target().goal(),
        target.child().directory().toString(),
        figures.get(0),
        figures.get(1),
        figures.get(2),
        figures.get(3),
        figures.get(4),
        new Predicted(
            target.answer().tokensPerSecond(child),
            table.memory().weightBytes(child),
            table.memory().kvBytes(child, scenario),
            coupled.scores().score(inputs.parent().spec(), target.architecture()).klNats()),
        solution(target),
        layerTimes(table, child),
        target.child().curves(),
        Samples.of(inputs, target.child().model()));
  }

  private ModelFigures figures(
      String name, HeterogeneousModel model, int row, double rate, Scenario scenario) {
    ModelQuality quality = measured().mean(row);
    double parentAccuracy = measured().mean(0).accuracy();
    return new ModelFigures(
        name,
        model.spec().parameters(),
        model.weightBytes(),
        new MemoryModel(model.dtype()).kvBytes(model.spec(), scenario),
        rate,
        quality.klNats(),
        quality.klStandardError(),
        quality.lossNats(),
        quality.accuracy(),
        parentAccuracy > 0 ? quality.accuracy() / parentAccuracy : 1);
  }

  private RunSummary.Solution solution(FinishedTarget target) {
    Solution found = target.answer().solution();
    ModelSpec parent = inputs.parent().spec();
    ImmutableList.Builder<ChosenLayer> layers = ImmutableList.builder();
    for (BlockChoice placement : target.architecture().placements()) {
      layers.add(
          new ChosenLayer(
              placement.layer(),
              placement.covers(),
              placement.spec(),
              placement.origin().name().toLowerCase(Locale.ROOT),
              coupled
                  .scores()
                  .score(parent, placement)
                  .degradation(inputs.plan().scoring().metric())));
    }
    return new RunSummary.Solution(
        layers.build(),
        target.answer().problem().costs().scenario().batch(),
        found.score(),
        found.bound(),
        found.gap(),
        target.answer().seconds());
  }

  private static ImmutableList<LayerTime> layerTimes(CostTable table, ModelSpec model) {
    ImmutableList.Builder<LayerTime> times = ImmutableList.builder();
    for (int layer = 0; layer < model.layers(); layer++) {
      BlockSpec block = model.block(layer);
      times.add(
          new LayerTime(
              layer,
              table.latency(block.attention()).scenarioNanos(table.scenario()),
              table.latency(block.ffn()).scenarioNanos(table.scenario())));
    }
    return times.build();
  }

  private static LossCurve curve(CandidateTraining training) {
    ImmutableList.Builder<LossPoint> points = ImmutableList.builder();
    for (int step = 0; step < training.losses().length(); step++) {
      double loss = training.losses().get(step);
      if (Double.isFinite(loss)) {
        points.add(new LossPoint(step, loss));
      }
    }
    return new LossCurve(training.candidate().id(), points.build());
  }

  private static ImmutableList<Divergence> diverged(List<CandidateTraining> trainings) {
    ImmutableList.Builder<Divergence> diverged = ImmutableList.builder();
    for (CandidateTraining training : trainings) {
      training
          .stop()
          .forEach(
              stop ->
                  diverged.add(
                      new Divergence(training.candidate().id(), stop.step(), stop.reason())));
    }
    return diverged.build();
  }

  private ImmutableMap<String, String> environment(List<TargetContenders> contenders) {
    ImmutableMap.Builder<String, String> environment = ImmutableMap.builder();
    environment.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    environment.put("cores", Integer.toString(CpuThreads.available()));
    environment.put("machine", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    environment.put("java", System.getProperty("java.version"));
    environment.put("arithmetic", inputs.plan().dtype().configName());
    for (int text = 0; text < inputs.plan().heldOutTexts().size(); text++) {
      ImmutableList<ModelQuality> rows = measured().perText().get(text);
      StringBuilder words = new StringBuilder();
      words.append(percent("parent", rows.get(0)));
      for (int index = 0; index < contenders.size(); index++) {
        String name = contenders.get(index).target().target().name();
        words.append(", ").append(percent(name, rows.get(1 + index * MODELS_PER_TARGET)));
      }
      Path file = Path.of(inputs.plan().heldOutTexts().get(text));
      environment.put("next-token accuracy on " + file.getFileName(), words.toString());
    }
    return environment.buildOrThrow();
  }

  private static String percent(String name, ModelQuality quality) {
    return String.format(Locale.ROOT, "%s %.2f %%", name, 100 * quality.accuracy());
  }
}
