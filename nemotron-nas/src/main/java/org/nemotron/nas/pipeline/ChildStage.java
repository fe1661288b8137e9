package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongConsumer;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalWork;
import org.nemotron.nas.distill.OptimizerStates;
import org.nemotron.nas.distill.ShardedWork;
import org.nemotron.nas.estimate.MemoryNeed;
import org.nemotron.nas.estimate.StageEstimate;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.CalibrationWork;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.LossPoint;

/**
 * The child of one target: assembled, distilled as a whole, and written. It is rank 0's; the others
 * take part in the distillation ({@link SharedTraining}).
 */
final class ChildStage implements Stage<ChildStage.Child> {
  private final String name;
  private final RunContext run;
  private final TrainedLibrary trained;
  private final Architecture architecture;
  private final StageInputs dependencies;

  /**
   * Makes the stage.
   *
   * @param name of the child's directory in the run's
   */
  ChildStage(String name, RunContext run, TrainedLibrary trained, Architecture architecture)
      throws IOException {
    this.name = name;
    this.run = run;
    this.trained = trained;
    this.architecture = architecture;
    this.dependencies = StageDependencies.child(run.inputs(), trained.fingerprint(), architecture);
  }

  /**
   * A finished child.
   *
   * @param model as read back from its directory; the caller closes it
   * @param directory in nemotron-nas form
   * @param curves losses and held-out KL by step
   */
  record Child(HeterogeneousModel model, Path directory, ImmutableList<LossCurve> curves) {}

  /**
   * How a child's distillation went.
   *
   * @param curves losses and held-out KL by step
   * @param stop empty, or what was not finite and ended it early
   */
  record Course(ImmutableList<LossCurve> curves, ImmutableList<String> stop) {}

  /** More of them are not tried. */
  private static final int MOST_RANKS = 1024;

  /**
   * Returns what the child of {@code target} will take.
   *
   * @param name of its directory
   */
  static StageEstimate estimate(PlanWork work, Target target, String name) {
    CompressionPlan plan = work.plan();
    GlobalWork training = work.global(target);
    ImmutableList.Builder<Work> all = ImmutableList.builder();
    if (plan.refit().batches() > 0) {
      all.add(
          new CalibrationWork(
                  work.parent(),
                  plan.refit().batches(),
                  plan.data().batchSize(),
                  plan.data().windowTokens(),
                  true)
              .passes());
      all.add(work.passes(work.validationTokens(), 1 + 2 * training.share()));
    }
    all.add(training.training(), training.evaluations());
    return work.stage(
            name,
            all.build(),
            0,
            memory(work, training),
            training.childParameters() * plan.execution().childDtype().bytes(),
            ImmutableList.of("global.steps", "data.globalBatchSize", "refit.batches"))
        .withScratch(training.checkpointBytes(work.elementBytes()))
        .sooner(work.globalSpeedup());
  }

  /** The child that training begins with is rank 0's, whose memory this is. */
  private static MemoryNeed memory(PlanWork work, GlobalWork training) {
    boolean float32 = work.plan().global().optimizerStates() == OptimizerStates.FLOAT32;
    String remedy =
        (float32 ? "global.optimizerStates EIGHT_BIT, " : "")
            + "a smaller data.globalBatchSize or data.windowTokens";
    long start = training.childParameters() * work.elementBytes();
    long host = work.libraryBytes() + start;
    String ranks = moreRanks(work, training);
    if (work.ranks() == 1 && !work.divided()) {
      return work.beside(
          host + (work.onGpu() ? training.hostBytes() : 0),
          training.cpuBytes(work.parts()) - start,
          training.leastGpuBytes(),
          training.gpuBytes(work.freeBesideParent()),
          remedy,
          ranks);
    }
    ShardedWork ofRank = new ShardedWork(training, work.ranks());
    long slices = slices(work, ofRank);
    return work.beside(
        host + (work.onGpu() ? training.hostBytes() / work.ranks() : 0),
        slices + ofRank.cpuBytes(work.partsOfRank(), work.freeHostBytes() - host - slices),
        slices + ofRank.leastGpuBytes(),
        slices + ofRank.gpuBytes(work.freeBesideParent() - slices),
        remedy,
        ranks);
  }

  /** Returns what a rank holds of a parent that is divided. */
  private static long slices(PlanWork work, ShardedWork ofRank) {
    return work.divided() ? ofRank.parentBytes(work.elementBytes()) : 0;
  }

  /** Says the least number of ranks whose GPUs would hold their parts. */
  private static String moreRanks(PlanWork work, GlobalWork training) {
    for (int ranks = Math.max(2, work.ranks()); ranks <= MOST_RANKS && work.onGpu(); ranks++) {
      ShardedWork ofRank = new ShardedWork(training, ranks);
      if (slices(work, ofRank) + ofRank.leastGpuBytes() <= work.freeBesideParent()) {
        return String.format(Locale.ROOT, "%d ranks, which is the least that fits", ranks);
      }
    }
    return "more ranks";
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public StageInputs dependencies() {
    return dependencies;
  }

  @Override
  public long steps() {
    return run.plan().global().steps();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    try (HeterogeneousModel start = start()) {
      GlobalDistillation distilled = distilled(start, progress);
      try (HeterogeneousModel child = distilled.child()) {
        run.checkFinite(name, distilled.stop(), "with the training's state saved");
        ModelWriter.write(
            child, directory(), run.plan().execution().childDtype(), run.plan().inputs().parent());
      }
      distilled.stop().forEach(reason -> run.listener().message(name + ": " + reason));
      AtomicFiles.write(
          courseFile(),
          PlanFiles.JSON.writeValueAsString(new Course(curves(distilled), distilled.stop())));
    }
    return ImmutableList.<Path>builder().addAll(filesThatStay()).add(courseFile()).build();
  }

  /** Returns the assembled child, refitted where the plan says so and it helps. */
  private HeterogeneousModel start() {
    ChildStart start = new ChildStart(run.inputs(), trained);
    if (run.plan().refit().batches() == 0) {
      return start.assembled(architecture);
    }
    ChildStart.Start made = start.measured(architecture);
    run.listener()
        .message(
            String.format(
                Locale.ROOT,
                "%s: refitted in sequence, KL to the parent %.3f -> %.3f nats%s",
                name,
                made.assembledNats(),
                made.refittedNats(),
                made.refitted() ? "" : "; left as it was"));
    return made.model();
  }

  private GlobalDistillation distilled(HeterogeneousModel start, LongConsumer progress)
      throws IOException {
    SharedTraining shared = new SharedTraining(name, dependencies.fingerprint(), start.spec());
    shared.announce(run.ranks());
    return shared
        .distiller(run, why -> run.listener().message(name + ": " + why))
        .withSteps(step -> run.listener().trained(name, step))
        .distill(
            run.inputs().parent(),
            start,
            shared.batches(run),
            run.inputs().validationBatches(),
            progress);
  }

  private Path directory() {
    return run.path(name);
  }

  private Path courseFile() {
    return run.path(name + "-distillation.json");
  }

  /** Returns the files of a child but its card, which is written anew when it is measured. */
  private ImmutableList<Path> filesThatStay() throws IOException {
    Path card = directory().resolve(ModelCard.FILE);
    return ParentFingerprints.files(directory()).stream()
        .filter(file -> !file.equals(card))
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public void checkFinite() throws IOException {
    run.checkFinite(name, course().stop(), "and keeps its finished stages");
  }

  private Course course() throws IOException {
    return PlanFiles.JSON.readValue(courseFile().toFile(), Course.class);
  }

  /** Returns the child; the saved state of its training is then of no use. */
  @Override
  public Child read() throws IOException {
    AtomicFiles.deleteTree(SharedTraining.checkpoint(run, name));
    HeterogeneousModel child = RunInputs.model(directory(), run.plan().execution());
    return new Child(child, directory(), course().curves());
  }

  private static ImmutableList<LossCurve> curves(GlobalDistillation distilled) {
    ImmutableList.Builder<LossPoint> losses = ImmutableList.builder();
    for (int step = 0; step < distilled.losses().length(); step++) {
      losses.add(new LossPoint(step, distilled.losses().get(step)));
    }
    ImmutableList.Builder<LossPoint> heldOut = ImmutableList.builder();
    for (GlobalDistillation.Evaluation evaluation : distilled.evaluations()) {
      heldOut.add(new LossPoint(evaluation.step(), evaluation.klNats()));
    }
    return ImmutableList.of(
        new LossCurve("training loss", losses.build()),
        new LossCurve("held-out KL", heldOut.build()));
  }
}
