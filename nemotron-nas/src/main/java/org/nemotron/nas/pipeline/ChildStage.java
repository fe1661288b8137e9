package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelCard;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.ModelWriter;
import org.nemotron.core.io.AtomicFiles;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.nas.distill.GlobalCheckpoint;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.report.RunSummary.LossCurve;
import org.nemotron.nas.report.RunSummary.LossPoint;

/** Assembles the child of one target, distils it as a whole, and writes it. */
final class ChildStage {
  private final RunInputs inputs;
  private final StageStore store;
  private final PipelineListener listener;

  ChildStage(RunInputs inputs, StageStore store, PipelineListener listener) {
    this.inputs = inputs;
    this.store = store;
    this.listener = listener;
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

  /**
   * Returns the child of {@code target}.
   *
   * @param name of its directory below the run
   */
  Child make(String name, Architecture architecture, Stages.Trained trained) throws IOException {
    CompressionPlan plan = inputs.plan();
    StageInputs stageInputs = StageDependencies.child(inputs, trained.fingerprint(), architecture);
    Path directory = store.path(name);
    Path course = store.path(name + "-distillation.json");
    store.ensure(
        name,
        stageInputs,
        plan.global().steps(),
        progress -> {
          GlobalCheckpoint checkpoint =
              GlobalCheckpoint.in(
                  store.path("checkpoints/" + name),
                  stageInputs.fingerprint(),
                  why -> listener.message(name + ": " + why));
          try (HeterogeneousModel start = trained.library().assemble(architecture)) {
            GlobalDistillation distilled =
                new GlobalDistiller(settings(plan.global()), checkpoint)
                    .distill(
                        inputs.parent(),
                        start,
                        inputs.trainingBatches("global", plan.global().batchSize()),
                        inputs.validationBatches(),
                        progress);
            try (HeterogeneousModel child = distilled.child()) {
              checkPlanAllows(name, distilled.stop(), "with the training's state saved");
              ModelWriter.write(child, directory, plan.childDtype(), Path.of(plan.parent()));
            }
            distilled.stop().forEach(reason -> listener.message(name + ", " + reason));
            AtomicFiles.write(
                course,
                PlanFiles.JSON.writeValueAsString(new Course(curves(distilled), distilled.stop())));
          }
          return ImmutableList.<Path>builder().addAll(filesThatStay(directory)).add(course).build();
        });
    Course taken = PlanFiles.JSON.readValue(course.toFile(), Course.class);
    checkPlanAllows(name, taken.stop(), "and keeps the child that was made before");
    AtomicFiles.deleteTree(store.path("checkpoints/" + name));
    HeterogeneousModel child =
        ModelReader.read(directory, plan.dtype(), Device.parse(plan.device()));
    return new Child(child, directory, taken.curves());
  }

  /** Ends the run if something was not finite and the plan wants that. */
  private void checkPlanAllows(String name, ImmutableList<String> stop, String kept) {
    if (!stop.isEmpty() && inputs.plan().nonFinite() == CompressionPlan.NonFinite.STOP) {
      throw new NonFiniteException(
          name
              + ", "
              + String.join("; ", stop)
              + "; the run ends as the plan says, "
              + kept
              + ".\n"
              + "Maybe nonFinite GO_ON, which takes the best child before, or a lower learning"
              + " rate.");
    }
  }

  /** Returns the files of a child but its GPU, into which figures come when they are measured. */
  private static ImmutableList<Path> filesThatStay(Path directory) throws IOException {
    Path gpu = directory.resolve(ModelCard.FILE);
    return ParentFingerprints.files(directory).stream()
        .filter(file -> !file.equals(gpu))
        .collect(ImmutableList.toImmutableList());
  }

  private GlobalDistillationSettings settings(CompressionPlan.GlobalPlan plan) {
    return new GlobalDistillationSettings(
        plan.steps(),
        OptimizerSettings.ofRate(plan.learningRate()),
        plan.cosineWeight(),
        plan.klWeight(),
        plan.lmWeight(),
        inputs.partsOfBatch(plan.batchSize()),
        plan.evaluateEvery());
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
