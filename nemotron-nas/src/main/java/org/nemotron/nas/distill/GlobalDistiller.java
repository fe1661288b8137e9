package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.EvaluationBatches;
import org.nemotron.core.text.TokenBatches;

/**
 * Global knowledge distillation: the whole child learns from the parent's hidden states and logits,
 * so that its blocks get used to each other's errors.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, section on global knowledge distillation.
 */
public final class GlobalDistiller {
  private static final String REMEDY = "Maybe take a smaller batchSize or shorter windows.";

  private final GlobalDistillationSettings settings;
  private final GlobalCheckpoint checkpoint;
  private final int threads;
  private final Consumer<TrainingStep> steps;

  /** Makes a distiller that begins anew each time, on all cores. */
  public GlobalDistiller(GlobalDistillationSettings settings) {
    this(settings, GlobalCheckpoint.NONE);
  }

  /** Makes a distiller that goes on where {@code checkpoint} left off, on all cores. */
  public GlobalDistiller(GlobalDistillationSettings settings, GlobalCheckpoint checkpoint) {
    this(settings, checkpoint, CpuThreads.available(), step -> {});
  }

  private GlobalDistiller(
      GlobalDistillationSettings settings,
      GlobalCheckpoint checkpoint,
      int threads,
      Consumer<TrainingStep> steps) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.settings = settings;
    this.checkpoint = checkpoint;
    this.threads = threads;
    this.steps = steps;
  }

  /** Returns this distiller on {@code other} cores; the last bits of the result depend on it. */
  public GlobalDistiller withThreads(int other) {
    return new GlobalDistiller(settings, checkpoint, other, steps);
  }

  /** Returns this distiller with a listener that gets each step's loss, terms and gradient norm. */
  public GlobalDistiller withSteps(Consumer<TrainingStep> listener) {
    return new GlobalDistiller(settings, checkpoint, threads, listener);
  }

  /**
   * Returns in how many parts, side by side, a batch is computed: one for each thread, but no more
   * than it has sequences; a GPU takes it whole.
   */
  public static int partsOfBatch(Device device, int threads, int batchSize) {
    return device.equals(Device.CPU) ? Math.min(threads, batchSize) : 1;
  }

  /** Returns a trained copy of {@code start}; see the other {@code distill}. */
  public GlobalDistillation distill(
      HeterogeneousModel parent,
      HeterogeneousModel start,
      TokenBatches data,
      EvaluationBatches heldOut)
      throws IOException {
    return distill(parent, start, data, heldOut, step -> {});
  }

  /**
   * Returns a trained copy of {@code start}, which stays as it is: the one, of those measured, that
   * is closest to the parent on held-out text.
   *
   * @param data training text; batches 0 to {@code steps - 1} are used
   * @param heldOut what the child is measured on; all of it
   * @param progress told after each step how many are done
   * @throws IOException if a checkpoint cannot be read or written
   * @throws NonFiniteException if {@code start} is not finite on the held-out text; what becomes so
   *     later ends the training, and the best child before is returned
   */
  public GlobalDistillation distill(
      HeterogeneousModel parent,
      HeterogeneousModel start,
      TokenBatches data,
      EvaluationBatches heldOut,
      LongConsumer progress)
      throws IOException {
    int parts = partsOfBatch(parent.device(), threads, data.batchSize());
    try (ChildReplicas child = new ChildReplicas(start, parts);
        Optimizer optimizer =
            Optimizer.of(
                child.tensors(),
                settings.optimizer(),
                settings.steps(),
                settings.optimizerStates());
        TensorThreads sideBySide = new TensorThreads(parts);
        GlobalProgress state = new GlobalProgress(child.tensors())) {
      GlobalLoss loss = new GlobalLoss(parent, settings);
      LayeredLoss layered = new LayeredLoss(loss, new GraphMemory(child.model()));
      checkpoint.restore(state, optimizer);
      if (state.evaluations().isEmpty()) {
        double klNats = heldOutKl(loss, child.model(), heldOut, sideBySide);
        checkStart(klNats, loss, child.model(), heldOut);
        state.evaluated(0, klNats);
      }
      while (state.step() < settings.steps() && state.stop().isEmpty()) {
        step(child, optimizer, layered, data, state, sideBySide);
        if (state.stop().isPresent()) {
          checkpoint.save(state, optimizer);
        } else {
          progress.accept(state.step());
          evaluateWhenDue(child.model(), loss, heldOut, state, optimizer, sideBySide);
        }
      }
      return state.result(start.spec());
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, parent.device(), REMEDY);
    }
  }

  private void step(
      ChildReplicas child,
      Optimizer optimizer,
      LayeredLoss loss,
      TokenBatches data,
      GlobalProgress state,
      TensorThreads sideBySide) {
    try (NativeScope scope = NativeScope.open()) {
      LearnedBatch batch = LearnedBatch.of(data, state.step());
      double value = backward(child, optimizer, loss, batch, state.step(), sideBySide);
      double seams = child.seams();
      if (!Double.isFinite(value)) {
        told(state.step(), batch.idsBT().numel(), value, seams, Double.NaN);
        String where = loss.terms().whereNotFinite(child.model(), batch.idsBT());
        state.stopped("the loss (" + value + ") is not finite, first in " + where);
        return;
      }
      double norm = optimizer.step(state.step());
      told(state.step(), batch.idsBT().numel(), value, seams, norm);
      if (Double.isFinite(norm)) {
        state.stepped(value);
      } else {
        String where = child.firstNotFiniteGradient(loss, batch, sideBySide);
        state.stopped("the gradient (norm " + norm + ") is not finite, first in " + where);
      }
    }
  }

  private void told(int step, long tokens, double loss, double seams, double norm) {
    ImmutableMap<String, Double> terms =
        ImmutableMap.of(
            "hiddenStates", seams, "logits", loss - seams, TrainingStep.GRADIENT_NORM, norm);
    steps.accept(new TrainingStep(step, tokens, loss, terms));
  }

  /** Where a batch is computed as a whole, layers can be updated one by one. */
  private static double backward(
      ChildReplicas child,
      Optimizer optimizer,
      LayeredLoss loss,
      LearnedBatch batch,
      int step,
      TensorThreads sideBySide) {
    if (optimizer instanceof LayerOptimizer byLayer && child.parts() == 1) {
      return child.backward(loss, batch, layer -> byLayer.update(step, child.tensorsOf(layer)));
    }
    return child.backward(loss, batch, sideBySide);
  }

  private static void checkStart(
      double klNats, GlobalLoss loss, HeterogeneousModel child, EvaluationBatches heldOut) {
    if (!Double.isFinite(klNats)) {
      throw new NonFiniteException(
          "global distillation: the assembled child's KL to the parent ("
              + klNats
              + ") is not finite, first in "
              + firstNotFinite(loss, child, heldOut)
              + ", so that there is nothing to begin with.");
    }
  }

  private static String firstNotFinite(
      GlobalLoss loss, HeterogeneousModel child, EvaluationBatches heldOut) {
    try (NativeScope scope = NativeScope.open()) {
      return loss.whereNotFinite(child, heldOut.batch(0));
    }
  }

  private void evaluateWhenDue(
      HeterogeneousModel child,
      GlobalLoss loss,
      EvaluationBatches heldOut,
      GlobalProgress state,
      Optimizer optimizer,
      TensorThreads sideBySide)
      throws IOException {
    if (state.step() % settings.evaluateEvery() != 0 && state.step() != settings.steps()) {
      return;
    }
    double klNats = heldOutKl(loss, child, heldOut, sideBySide);
    if (Double.isFinite(klNats)) {
      state.evaluated(state.step(), klNats);
      checkpoint.save(state, optimizer);
    } else {
      String where = firstNotFinite(loss, child, heldOut);
      state.stopped("the held-out KL (" + klNats + ") is not finite, first in " + where);
    }
  }

  /** The sequences side by side, each by itself, added in their order. */
  private static double heldOutKl(
      GlobalLoss loss,
      HeterogeneousModel child,
      EvaluationBatches heldOut,
      TensorThreads sideBySide) {
    List<Integer> batches = IntStream.range(0, heldOut.batches()).boxed().toList();
    double[] sums = new double[batches.size()];
    sideBySide.forEach(
        batches,
        batch -> {
          Tensor idsBT = heldOut.batch(batch);
          for (long row = 0; row < idsBT.size(0); row++) {
            sums[batch] += loss.klNats(child, idsBT.narrow(0, row, 1));
          }
        });
    double sum = 0;
    for (double ofBatch : sums) {
      sum += ofBatch;
    }
    return sum / heldOut.windows();
  }
}
