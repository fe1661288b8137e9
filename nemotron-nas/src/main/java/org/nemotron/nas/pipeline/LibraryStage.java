package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.text.TokenBatches;
import org.nemotron.nas.distill.LocalDistillation;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.LocalWork;
import org.nemotron.nas.estimate.MemoryNeed;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.CalibrationWork;
import org.nemotron.nas.library.Calibrator;

/** All candidates of the search space, each trained by itself to imitate its part of the parent. */
final class LibraryStage implements Stage<TrainedLibrary> {
  private final RunContext run;
  private final StageInputs dependencies;
  private final TrainingFiles files;

  LibraryStage(RunContext run) {
    this.run = run;
    this.dependencies = StageDependencies.library(run.inputs());
    this.files = new TrainingFiles(run.path(name()));
  }

  /** Returns what the stage will take. */
  static StageEstimate estimate(PlanWork work) {
    CompressionPlan plan = work.plan();
    CalibrationWork ranking =
        new CalibrationWork(
            work.parent(),
            plan.init().calibrationBatches(),
            plan.data().batchSize(),
            plan.data().windowTokens(),
            plan.init().refit());
    LocalWork training = work.local(work.candidates(), plan.local().steps());
    return work.stage(
            "library",
            ImmutableList.of(ranking.passes(), ranking.initialization(), training.work()),
            0,
            memory(work, training, ranking),
            work.libraryBytes(),
            ImmutableList.of("local.steps", "space", "init.calibrationBatches"))
        .sooner(work.localSpeedup(work.candidates(), plan.local().steps()));
  }

  /**
   * The more of calibration and training; what calibration fits is held by the GPU, and of a
   * divided parent the layers that the rank goes through.
   */
  private static MemoryNeed memory(PlanWork work, LocalWork training, CalibrationWork ranking) {
    long ofLayers = work.divided() ? work.layerBytes(work.mostLayers()) : 0;
    MemoryNeed ofTraining = trainingMemory(work, training, ranking.bytes() + ofLayers);
    long bytes =
        ranking.gpuBytes(work.ranks())
            + (ranking.refit() ? work.libraryBytes() / work.ranks() : 0)
            + ofLayers;
    MemoryNeed ofRanking =
        work.beside(
            work.onGpu() ? work.libraryBytes() : 0,
            0,
            bytes,
            bytes,
            (ranking.refit() ? "init.refit false, " : "")
                + "a smaller data.batchSize or data.windowTokens");
    return ofRanking.leastDeviceBytes() > ofTraining.leastDeviceBytes() ? ofRanking : ofTraining;
  }

  /** Returns the memory of a blockwise local distillation. */
  static MemoryNeed trainingMemory(PlanWork work, LocalWork training, long cpuBytes) {
    long free = work.freeBesideParent();
    int layers =
        work.onGpu()
            ? training.layersAtATime(
                free, work.threads(), work.plan().local().residentLayers(), work.layerBytes())
            : 1;
    long least =
        work.plan().local().residentLayers() > 0
            ? training.gpuBytes(layers) + work.layerBytes(layers)
            : training.gpuBytes(1) + work.layerBytes(1);
    return work.beside(
        work.onGpu() ? work.libraryBytes() : 0,
        training.cpuBytes(work.threads()) + cpuBytes,
        least,
        training.gpuBytes(layers) + work.layerBytes(layers),
        "a smaller data.batchSize or data.windowTokens",
        "fewer alternatives in space");
  }

  @Override
  public String name() {
    return "library";
  }

  @Override
  public Workers workers() {
    return Workers.ALL;
  }

  @Override
  public StageInputs dependencies() {
    return dependencies;
  }

  @Override
  public long steps() {
    return (long) run.plan().init().calibrationBatches() + run.plan().local().steps();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    CompressionPlan plan = run.plan();
    TokenBatches data = run.inputs().trainingBatches("local", plan.data().batchSize());
    try (BlockLibrary start =
        new Calibrator(plan.init())
            .withThreads(Math.max(1, CpuThreads.available() / run.ranks().localSize()))
            .withRanks(run.ranks())
            .calibrate(run.inputs().parent(), plan.space(), data, progress)) {
      LocalDistillation trained =
          new LocalDistiller(plan.local())
              .withThreads(run.sharedThreads())
              .withRanks(run.ranks())
              .withSteps(step -> run.listener().trained(name(), step))
              .distill(
                  start,
                  start.candidates(),
                  data,
                  done -> progress.accept(plan.init().calibrationBatches() + done));
      return files.write(trained, trained.library().candidates(), run);
    }
  }

  @Override
  public void checkFinite() throws IOException {
    run.checkFinite(name(), files.notFinite(), "and keeps its finished stages");
  }

  @Override
  public TrainedLibrary read() throws IOException {
    return new TrainedLibrary(
        files.library(run.inputs().parent()), files.trainings(), dependencies.fingerprint());
  }
}
