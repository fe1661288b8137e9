package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import java.io.IOException;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CardMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.SideBySide;
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

  /** Makes a distiller that begins anew each time. */
  public GlobalDistiller(GlobalDistillationSettings settings) {
    this(settings, GlobalCheckpoint.NONE);
  }

  /** Makes a distiller that goes on where {@code checkpoint} left off. */
  public GlobalDistiller(GlobalDistillationSettings settings, GlobalCheckpoint checkpoint) {
    this.settings = settings;
    this.checkpoint = checkpoint;
  }

  /**
   * Returns a trained copy of {@code start}, which stays as it is: the one, of those measured, that
   * is closest to the parent on held-out text.
   *
   * @param data training text; batches 0 to {@code steps - 1} are used
   * @param heldOut what the child is measured on; all of it
   * @param progress told after each step how many are done
   * @throws IOException if a checkpoint cannot be read or written
   */
  public GlobalDistillation distill(
      HeterogeneousModel parent,
      HeterogeneousModel start,
      TokenBatches data,
      EvaluationBatches heldOut,
      LongConsumer progress)
      throws IOException {
    checkArgument(
        data.batchSize() >= settings.threads(),
        "batchSize (%s) must be at least the number of threads (%s)",
        data.batchSize(),
        settings.threads());
    try (ChildReplicas child = new ChildReplicas(start, settings.threads());
        Optimizer optimizer =
            Optimizer.of(child.tensors(), settings.optimizer(), settings.steps());
        SideBySide sideBySide = new SideBySide(settings.threads());
        GlobalProgress state = new GlobalProgress(child.tensors())) {
      GlobalLoss loss = new GlobalLoss(parent, settings);
      checkpoint.restore(state, optimizer);
      if (state.evaluations().isEmpty()) {
        state.evaluated(0, heldOutKl(loss, child.model(), heldOut, sideBySide));
      }
      while (state.step() < settings.steps() && state.stop().isEmpty()) {
        step(child, optimizer, loss, data, state, sideBySide);
        progress.accept(state.step());
        if (state.step() % settings.evaluateEvery() == 0 || state.step() == settings.steps()) {
          state.evaluated(state.step(), heldOutKl(loss, child.model(), heldOut, sideBySide));
          checkpoint.save(state, optimizer);
        }
      }
      return state.result(start.spec());
    } catch (RuntimeException e) {
      throw CardMemoryException.explaining(e, parent.device(), REMEDY);
    }
  }

  private static void step(
      ChildReplicas child,
      Optimizer optimizer,
      GlobalLoss loss,
      TokenBatches data,
      GlobalProgress state,
      SideBySide sideBySide) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor idsBT = data.batch(state.step());
      double value = child.backward(loss, idsBT, sideBySide);
      double norm = Double.isFinite(value) ? optimizer.step(state.step()) : Double.NaN;
      state.stepped(value, norm);
    }
  }

  /** The sequences side by side, each by itself, added in their order. */
  private static double heldOutKl(
      GlobalLoss loss, HeterogeneousModel child, EvaluationBatches heldOut, SideBySide sideBySide) {
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
