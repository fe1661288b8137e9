package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.distill.CandidateTraining;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.LibraryFiles;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ScoreTable;
import org.nemotron.nas.score.ScoringSettings;

/** The stages that all targets share: library, scores, costs, promising pairs. */
final class Stages {
  private final RunInputs inputs;
  private final StageStore store;
  private final PipelineListener listener;

  Stages(RunInputs inputs, StageStore store, PipelineListener listener) {
    this.inputs = inputs;
    this.store = store;
    this.listener = listener;
  }

  private CompressionPlan plan() {
    return inputs.plan();
  }

  /** A library with the trainings that made it, and the fingerprint of both. */
  record Trained(
      BlockLibrary library, ImmutableList<CandidateTraining> trainings, Fingerprint fingerprint) {
    /** Returns those of {@code candidates} whose training met no value that was not finite. */
    ImmutableSet<Candidate> finite(Set<? extends Candidate> candidates) {
      ImmutableSet<Candidate> broken =
          trainings.stream()
              .filter(CandidateTraining::metNonFinite)
              .map(CandidateTraining::candidate)
              .collect(ImmutableSet.toImmutableSet());
      return ImmutableSet.copyOf(Sets.difference(candidates, broken));
    }
  }

  /** Returns all candidates, trained apart. */
  Trained decoupled() throws IOException {
    StageInputs stageInputs = StageDependencies.library(inputs);
    int calibration = plan().start().calibrationBatches();
    Path directory = store.path("library");
    Path curves = store.path("library/trainings.json");
    store.ensure(
        "library",
        stageInputs,
        calibration + plan().local().steps(),
        progress -> {
          try (BlockLibrary start =
              new Calibrator(plan().start())
                  .calibrate(
                      inputs.parent(),
                      plan().space(),
                      inputs.trainingBatches("local", plan().data().batchSize()),
                      progress)) {
            LocalDistillation trained =
                new LocalDistiller(settings(plan().local().steps(), plan().local().learningRate()))
                    .distill(
                        start,
                        start.candidates(),
                        inputs.trainingBatches("local", plan().data().batchSize()),
                        done -> progress.accept(calibration + done));
            return written(trained, trained.library().candidates(), directory, curves);
          }
        });
    ImmutableList<CandidateTraining> trainings = TableFiles.readTrainings(curves);
    checkPlanAllows("library", stops(trainings));
    return new Trained(
        LibraryFiles.read(directory, inputs.parent()), trainings, stageInputs.fingerprint());
  }

  private static ImmutableList<String> stops(List<CandidateTraining> trainings) {
    return trainings.stream()
        .filter(CandidateTraining::metNonFinite)
        .flatMap(training -> training.stop().stream().map(stop -> sentence(training, stop)))
        .collect(ImmutableList.toImmutableList());
  }

  private static String sentence(CandidateTraining training, CandidateTraining.Stop stop) {
    return training.candidate().id() + " was stopped at step " + stop.step() + ": " + stop.reason();
  }

  /** Ends the run if something was not finite and the plan wants that; the stage is stored. */
  private void checkPlanAllows(String stage, ImmutableList<String> notFinite) {
    if (!notFinite.isEmpty() && plan().nonFinite() == CompressionPlan.NonFinite.STOP) {
      throw new NonFiniteException(
          stage
              + ": "
              + notFinite.get(0)
              + (notFinite.size() > 1 ? ", and so were " + (notFinite.size() - 1) + " more" : "")
              + "; the run ends as the plan says, and keeps its finished stages.\n"
              + "Maybe nonFinite GO_ON, which leaves such candidates out, or a lower learning"
              + " rate.");
    }
  }

  private LocalDistillationSettings settings(int steps, double learningRate) {
    return new LocalDistillationSettings(
        steps,
        OptimizerSettings.ofRate(learningRate),
        inputs.threads(),
        plan().local().divergenceFactor(),
        plan().local().residentLayers());
  }

  private ImmutableList<Path> written(
      LocalDistillation trained, Set<? extends Candidate> candidates, Path directory, Path curves)
      throws IOException {
    try (BlockLibrary library = trained.library()) {
      for (CandidateTraining training : trained.trainings()) {
        training
            .stop()
            .forEach(
                stop ->
                    listener.message(
                        sentence(training, stop)
                            + (training.metNonFinite() ? "; it is left out" : "")));
      }
      ImmutableList<Path> files = LibraryFiles.write(library, candidates, directory);
      TableFiles.writeTrainings(curves, trained.trainings());
      return ImmutableList.<Path>builder().addAll(files).add(curves).build();
    }
  }

  /** Returns the score of every candidate of {@code trained}. */
  ScoreTable scores(Trained trained) throws IOException {
    return scores("scores", trained, trained.library().candidates());
  }

  private ScoreTable scores(
      String stage, Trained trained, ImmutableSet<? extends Candidate> candidates)
      throws IOException {
    StageInputs stageInputs = StageDependencies.scores(inputs, trained.fingerprint());
    Path file = store.path(stage + ".json");
    int batches = inputs.validationBatches().batches();
    store.ensure(
        stage,
        stageInputs,
        batches,
        progress -> {
          ScoringSettings settings =
              new ScoringSettings(batches, plan().scoring().candidatesPerPass(), inputs.threads());
          ScoreTable table =
              new BlockScorer(settings)
                  .score(
                      trained.library(),
                      trained.finite(candidates),
                      inputs.validationBatches(),
                      progress);
          leftOut(table).forEach(what -> listener.message(what + "; it is left out"));
          TableFiles.writeScores(file, table);
          return ImmutableList.of(file);
        });
    ScoreTable table = TableFiles.readScores(file);
    checkPlanAllows(stage, leftOut(table));
    return table;
  }

  private static ImmutableList<String> leftOut(ScoreTable table) {
    return table.leftOut().entrySet().stream()
        .map(entry -> entry.getKey().id() + ", " + entry.getValue())
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns the costs of all alternatives, one table per batch size. */
  ImmutableList<CostTable> costs() throws IOException {
    CompressionPlan.CostPlan costs = plan().costs();
    StageInputs stageInputs =
        StageDependencies.costs(
            plan(), inputs.parent().spec(), machine(Device.parse(plan().device())));
    Path file = store.path("costs.json");
    LatencyMeter meter = new LatencyMeter(costs.prefillRounds(), costs.decodeRounds());
    int rounds = meter.rounds();
    store.ensure(
        "costs",
        stageInputs,
        (long) rounds * costs.batchSizes().size(),
        progress -> {
          List<CostTable> tables = new ArrayList<>();
          for (int batch : costs.batchSizes()) {
            long before = (long) rounds * tables.size();
            Scenario scenario = new Scenario(batch, costs.promptTokens(), costs.outputTokens());
            tables.add(
                meter.measure(
                    inputs.parent(),
                    plan().space(),
                    scenario,
                    done -> progress.accept(before + done)));
          }
          TableFiles.writeCosts(file, tables);
          return ImmutableList.of(file);
        });
    return TableFiles.readCosts(file);
  }

  /** Returns what costs are measured on: a GPU's name, or the kind and number of cores. */
  static String machine(Device device) {
    return device.equals(Device.CPU)
        ? System.getProperty("os.arch") + " " + CpuThreads.available()
        : Gpu.of(device).model();
  }

  /** A library with promising pairs trained together, and the scores of all its candidates. */
  record Coupled(Trained trained, ScoreTable scores) {}

  /**
   * Returns the library with the pairs of {@code promising} blocks trained together, and their
   * scores. A pair may have one half that is the parent's own: it is trained to make up for the
   * other.
   */
  Coupled coupled(Trained decoupled, ScoreTable scores, Iterable<BlockChoice> promising)
      throws IOException {
    ImmutableSet<Candidate.Block> pairs = pairs(promising);
    if (pairs.isEmpty() || plan().coupled().steps() == 0) {
      return new Coupled(decoupled, scores);
    }
    StageInputs stageInputs = StageDependencies.coupled(inputs, decoupled.fingerprint(), pairs);
    Path directory = store.path("library-coupled");
    Path curves = store.path("library-coupled/trainings.json");
    store.ensure(
        "coupled",
        stageInputs,
        plan().coupled().steps(),
        progress -> {
          try (BlockLibrary start = decoupled.library().withCandidates(pairs)) {
            LocalDistillation trained =
                new LocalDistiller(
                        settings(plan().coupled().steps(), plan().coupled().learningRate()))
                    .distill(
                        start,
                        pairs,
                        inputs.trainingBatches("coupled", plan().data().batchSize()),
                        progress);
            return written(trained, pairs, directory, curves);
          }
        });
    ImmutableList<CandidateTraining> trainings = TableFiles.readTrainings(curves);
    checkPlanAllows("coupled", stops(trainings));
    try (BlockLibrary trained = LibraryFiles.read(directory, inputs.parent())) {
      Trained both =
          new Trained(
              decoupled.library().with(trained),
              ImmutableList.<CandidateTraining>builder()
                  .addAll(decoupled.trainings())
                  .addAll(trainings)
                  .build(),
              stageInputs.fingerprint());
      return new Coupled(both, scores.with(scores("scores-coupled", both, pairs)));
    }
  }

  /** In an order of their own: it does not count which speed-up a pair was picked for. */
  private static ImmutableSet<Candidate.Block> pairs(Iterable<BlockChoice> promising) {
    return Streams.stream(promising)
        .filter(BlockChoice.Decoupled.class::isInstance)
        .filter(choice -> !choice.spec().isNoOp())
        .map(choice -> new Candidate.Block(choice.layer(), choice.spec()))
        .sorted(Comparator.comparing(Candidate.Block::id))
        .collect(ImmutableSet.toImmutableSet());
  }
}
