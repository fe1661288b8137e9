package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.checkpoint.ModelNames;
import org.nemotron.core.data.SourceCounts;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.HostProcessor;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.MemoryModel;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.report.NumberText;
import org.nemotron.nas.report.RunSummary;
import org.nemotron.nas.report.RunSummary.ChosenLayer;
import org.nemotron.nas.report.RunSummary.Divergence;
import org.nemotron.nas.report.RunSummary.LayerTime;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.LossPoint;
import org.nemotron.nas.report.RunSummary.ModelFigures;
import org.nemotron.nas.report.RunSummary.Predicted;
import org.nemotron.nas.report.RunSummary.ScenarioSummary;
import org.nemotron.nas.report.RunSummary.StageSeconds;
import org.nemotron.nas.report.RunSummary.TargetSummary;
import org.nemotron.nas.report.SearchRound;
import org.nemotron.nas.score.ModelQuality;
import org.nemotron.nas.search.Solution;

/** Puts what was measured of a run into the summary's records. */
final class SummaryBuilder {
  private final RunContext run;
  private final ScoredLibrary library;
  private final TargetSearch search;
  private final Measurements measured;

  SummaryBuilder(
      RunContext run, ScoredLibrary library, TargetSearch search, Measurements measured) {
    this.run = run;
    this.library = library;
    this.search = search;
    this.measured = measured;
  }

  /** Returns the summary. */
  RunSummary build(ImmutableList<StageSeconds> stages) {
    Scenario scenario = measured.scenario();
    ImmutableList<CandidateTraining> trainings = library.trained().trainings();
    return new RunSummary(
        ModelNames.of(run.plan().inputs().parent()),
        new ScenarioSummary(
            scenario.batch(),
            scenario.promptTokens(),
            scenario.outputTokens(),
            scenario.tensorParallel()),
        figures(measured.parent(), search.ofFastestParent()),
        layerTimes(search.ofFastestParent(), parent()),
        measured.targets().stream().map(this::target).collect(ImmutableList.toImmutableList()),
        measured.frontier(),
        trainings.stream().map(SummaryBuilder::curve).collect(ImmutableList.toImmutableList()),
        diverged(trainings),
        measured.scoringSpeed(),
        measured.additivity(),
        stages,
        environment(),
        measured.benchmarks());
  }

  private ModelSpec parent() {
    return run.inputs().parent().spec();
  }

  private TargetSummary target(Measurements.OfTarget models) {
    FinishedTarget target = models.target();
    CostTable table = target.answer().problem().costs();
    Scenario scenario = table.scenario();
    ModelSpec child = target.child().model().spec();
    CostSources.Elsewhere elsewhere = elsewhere(target.target());
    Optional<SpeedMeasurement> there =
        elsewhere == null ? Optional.empty() : elsewhere.speed(child, scenario);
    SpeedMeasurement speed = there.orElse(models.speed());
    return new TargetSummary(
        target.target().name(),
        goal(target, there),
        target.child().directory().toString(),
        speed.ratio(),
        machine(target.target(), there),
        // Another machine's speed is not known by this one's.
        elsewhere == null || there.isPresent()
            ? new SpeedLimits(target.target(), scenario).checked(speed)
            : ImmutableList.of(),
        figures(models.child(), table),
        figures(models.beforeDistillation(), table),
        figures(models.greedy(), table),
        figures(models.random(), table),
        figures(models.untrained(), table),
        new Predicted(
            target.answer().tokensPerSecond(child) / target.answer().parentTokensPerSecond(),
            table.memory().weightBytes(child),
            table.memory().kvBytes(child, scenario),
            predictedKl(target)),
        solution(target),
        layerTimes(table, child),
        target.child().curves(),
        Samples.of(run.inputs(), target.child().model()),
        target.rounds());
  }

  /** Returns the KL of the assembled child, as its last round predicts it, or the first search. */
  private double predictedKl(FinishedTarget target) {
    return target.rounds().stream()
        .flatMap(round -> round.taken().stream())
        .reduce((earlier, later) -> later)
        .map(SearchRound.Step::predictedNats)
        .orElseGet(() -> library.scores().score(parent(), target.architecture()).klNats());
  }

  private CostSources.@Nullable Elsewhere elsewhere(Target target) {
    return run.inputs().elsewhere().byTarget().get(target.name());
  }

  private String goal(FinishedTarget finished, Optional<SpeedMeasurement> there) {
    CostSources.Elsewhere elsewhere = elsewhere(finished.target());
    String goal = goal(finished);
    return elsewhere == null
        ? goal
        : goal
            + ", by costs of "
            + elsewhere.machine()
            + (there.isPresent() ? "; measured there" : "; not measured there");
  }

  /** Returns the limits in words; behind one on an own cost, what the child has of it. */
  private static String goal(FinishedTarget finished) {
    ImmutableMap<String, Double> costs =
        finished.answer().problem().costs().costs(finished.child().model().spec());
    return finished.target().limits().stream()
        .map(
            limit ->
                costs.containsKey(limit.cost())
                    ? limit + " (the child's: " + NumberText.rate(costs.get(limit.cost())) + ")"
                    : limit.toString())
        .collect(Collectors.joining(" and "));
  }

  /** Returns where the child's speed was measured; nothing is said where only one machine is. */
  private String machine(Target target, Optional<SpeedMeasurement> there) {
    CostSources.Elsewhere elsewhere = elsewhere(target);
    return elsewhere == null
        ? ""
        : there.map(speed -> elsewhere.machine()).orElse("this machine, not the one it is for,");
  }

  private ModelFigures figures(MeasuredModel measuredModel, CostTable table) {
    HeterogeneousModel model = measuredModel.model();
    ModelSpec spec = model.spec();
    // The tensors that are there, in the format that will serve.
    long weights = model.weightBytes() / model.dtype().bytes() * table.memory().weights().bytes();
    ModelQuality quality = measuredModel.quality();
    double parentAccuracy = measured.parent().quality().accuracy();
    return new ModelFigures(
        measuredModel.name(),
        spec.parameters(),
        weights,
        table.memory().kvBytes(spec, table.scenario()),
        measuredModel.tokensPerSecond(),
        quality.klNats(),
        quality.klStandardError(),
        quality.lossNats(),
        quality.accuracy(),
        parentAccuracy > 0 ? quality.accuracy() / parentAccuracy : 1);
  }

  private RunSummary.Solution solution(FinishedTarget target) {
    Solution found = target.answer().solution();
    ImmutableList.Builder<ChosenLayer> layers = ImmutableList.builder();
    for (BlockChoice choice : target.architecture().choices()) {
      layers.add(
          new ChosenLayer(
              choice.layer(),
              choice.layers(),
              choice.spec(),
              choice.origin(),
              library.scores().score(parent(), choice).degradation(run.plan().scoring().metric())));
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

  private ImmutableMap<String, String> environment() {
    ImmutableMap.Builder<String, String> environment = ImmutableMap.builder();
    environment.put("date", LocalDate.now(ZoneOffset.UTC).toString());
    environment.put("cores", Integer.toString(CpuThreads.available()));
    environment.put("machine", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    environment.put("processor", HostProcessor.model());
    environment.put("java", System.getProperty("java.version"));
    environment.put("arithmetic", run.plan().execution().dtype().configName());
    environment.put("memory counted with", memory().inWords());
    environment.putAll(run.inputs().own().provenance());
    environment.putAll(run.inputs().elsewhere().provenance());
    ImmutableList<SourceCounts> sources = run.inputs().text().sources();
    for (int source = 0; source < sources.size(); source++) {
      environment.put(
          "data " + (source + 1) + " (" + sources.get(source).name() + ")",
          DocumentText.inWords(sources.get(source)));
    }
    ImmutableList<String> texts = run.inputs().text().names();
    for (int text = 0; text < texts.size(); text++) {
      environment.put("next-token accuracy on " + texts.get(text), accuracies(text));
    }
    return environment.buildOrThrow();
  }

  private MemoryModel memory() {
    return measured.targets().get(0).target().answer().problem().costs().memory();
  }

  private String accuracies(int text) {
    StringJoiner words = new StringJoiner(", ");
    words.add(percent("parent", measured.parent().perText().get(text)));
    for (Measurements.OfTarget models : measured.targets()) {
      words.add(percent(models.target().target().name(), models.child().perText().get(text)));
    }
    return words.toString();
  }

  private static String percent(String name, ModelQuality quality) {
    return String.format(Locale.ROOT, "%s %.2f %%", name, 100 * quality.accuracy());
  }
}
