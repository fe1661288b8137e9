package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Resources;
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
  private final Communicator ranks;
  private final Optional<Device> parentDivided;

  /** Makes a distiller that begins anew each time, on all cores. */
  public GlobalDistiller(GlobalDistillationSettings settings) {
    this(settings, GlobalCheckpoint.NONE);
  }

  /** Makes a distiller that goes on where {@code checkpoint} left off, on all cores. */
  public GlobalDistiller(GlobalDistillationSettings settings, GlobalCheckpoint checkpoint) {
    this(
        settings,
        checkpoint,
        CpuThreads.available(),
        step -> {},
        Communicator.alone(),
        Optional.empty());
  }

  private GlobalDistiller(
      GlobalDistillationSettings settings,
      GlobalCheckpoint checkpoint,
      int threads,
      Consumer<TrainingStep> steps,
      Communicator ranks,
      Optional<Device> parentDivided) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    this.settings = settings;
    this.checkpoint = checkpoint;
    this.threads = threads;
    this.steps = steps;
    this.ranks = ranks;
    this.parentDivided = parentDivided;
  }

  /** Returns this distiller on {@code other} cores; the last bits of the result depend on it. */
  public GlobalDistiller withThreads(int other) {
    return new GlobalDistiller(settings, checkpoint, other, steps, ranks, parentDivided);
  }

  /** Returns this distiller with a listener that gets each step's loss, terms and gradient norm. */
  public GlobalDistiller withSteps(Consumer<TrainingStep> listener) {
    return new GlobalDistiller(settings, checkpoint, threads, listener, ranks, parentDivided);
  }

  /**
   * Returns this distiller sharing its work with other processes: rank 0 {@linkplain #distill
   * distills}, the others {@linkplain #follow follow}. Each computes some sequences of every batch,
   * and has a slice of the child's weights, gradients and optimizer states (ZeRO-3).
   *
   * <p>Batches are those of one process. Sums over sequences are added in another order: the result
   * is the same to the last bit for the same number of ranks and threads, and differs by rounding
   * for others. A saved state goes on with any number of ranks. The child that rank 0 returns lies
   * in host memory.
   */
  public GlobalDistiller withRanks(Communicator others) {
    return new GlobalDistiller(settings, checkpoint, threads, steps, others, parentDivided);
  }

  /**
   * Returns this distiller dividing the parent among the ranks too: its layers are then gathered
   * from slices as the child's are. It makes the slices from rank 0's parent, which may lie in host
   * memory or have its layers offloaded; others' serve for their spec and type alone. So may rank
   * 0's start. One process alone has all of both as its slices.
   *
   * @param device where this rank computes
   */
  public GlobalDistiller withParentDivided(Device device) {
    return new GlobalDistiller(settings, checkpoint, threads, steps, ranks, Optional.of(device));
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
    checkArgument(ranks.rank() == 0, "only rank 0 distills; rank %s follows", ranks.rank());
    checkWhole(parent);
    if (ranks.size() == 1 && parentDivided.isEmpty() && !checkpoint.isSharded()) {
      int parts = partsOfBatch(parent.device(), threads, data.batchSize());
      try (GlobalChild child = new WholeChild(parent, start, settings, parts)) {
        SavedState saved = checkpoint.of(child.optimizer());
        return train(child, saved, data, heldOut, progress).orElseThrow();
      } catch (RuntimeException e) {
        throw GpuMemoryException.explaining(e, parent.device(), REMEDY);
      }
    }
    return trainShares(parent, start.spec(), start.tensors(), data, heldOut, progress)
        .orElseThrow();
  }

  /**
   * Takes part in the distillation of rank 0, as another rank, until it has ended.
   *
   * @param parent as rank 0's
   * @param start what rank 0's start is; its weights come from there
   * @param data as rank 0's
   * @param heldOut as rank 0's
   * @param progress told after each step how many are done
   * @throws IOException if a checkpoint cannot be read or written
   * @throws NonFiniteException as {@link #distill}
   */
  public void follow(
      HeterogeneousModel parent,
      ModelSpec start,
      TokenBatches data,
      EvaluationBatches heldOut,
      LongConsumer progress)
      throws IOException {
    checkArgument(ranks.rank() > 0, "rank 0 distills; it does not follow");
    checkWhole(parent);
    Optional<GlobalDistillation> unused =
        trainShares(parent, start, ImmutableMap.of(), data, heldOut, progress);
  }

  private void checkWhole(HeterogeneousModel parent) {
    checkArgument(
        parentDivided.isPresent() || parent.offloaded().isEmpty(),
        "the parent's layers %s are offloaded.\nMaybe withParentDivided brings them.",
        parent.offloaded());
  }

  /** Every rank with its slices. */
  private Optional<GlobalDistillation> trainShares(
      HeterogeneousModel parent,
      ModelSpec start,
      Map<String, Tensor> ofRank0,
      TokenBatches data,
      EvaluationBatches heldOut,
      LongConsumer progress)
      throws IOException {
    Device device = parentDivided.orElse(parent.device());
    try (Resources held = new Resources()) {
      PassedModel passed =
          parentDivided.isPresent() ? divided(parent, device, held) : PassedModel.of(parent);
      ShardedModel model =
          held.add(
              new ShardedModel(ranks, start, parent.dtype(), device, ofRank0), ShardedModel::close);
      ShardedChild child =
          held.add(
              new ShardedChild(
                  settings,
                  passed,
                  model,
                  ranks,
                  threads,
                  () -> ShardedChild.usualBytes(device, ranks)),
              ShardedChild::close);
      return train(child, new ShardedCheckpoint(checkpoint, child), data, heldOut, progress);
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, device, REMEDY);
    }
  }

  /** What lies outside the layers is gathered only where a rank does not have it on its device. */
  private PassedModel divided(HeterogeneousModel parent, Device device, Resources held) {
    ShardedModel sharded =
        held.add(
            new ShardedModel(ranks, parent.spec(), parent.dtype(), device, parent.tensors()),
            ShardedModel::close);
    boolean isThere = parent.device().equals(device);
    boolean onAll =
        ranks
            .gathered("where the parent's embedding and head lie", String.valueOf(isThere))
            .stream()
            .allMatch(Boolean::parseBoolean);
    return onAll ? sharded.withOutside(parent) : sharded;
  }

  private Optional<GlobalDistillation> train(
      GlobalChild child,
      SavedState saved,
      TokenBatches data,
      EvaluationBatches heldOut,
      LongConsumer progress)
      throws IOException {
    try (GlobalProgress state = new GlobalProgress(child.tensors())) {
      saved.restore(state);
      if (state.evaluations().isEmpty()) {
        double klNats = child.heldOutKl(heldOut);
        checkStart(klNats, child, heldOut);
        state.evaluated(0, klNats);
      }
      while (state.step() < settings.steps() && state.stop().isEmpty()) {
        step(child, data, state);
        if (state.stop().isPresent()) {
          saved.save(state);
        } else {
          progress.accept(state.step());
          evaluateWhenDue(child, heldOut, state, saved);
        }
      }
      state.takeBest();
      return child.whole().map(state::result);
    }
  }

  private void step(GlobalChild child, TokenBatches data, GlobalProgress state) {
    try (NativeScope scope = NativeScope.open()) {
      LearnedBatch batch = LearnedBatch.of(data, state.step());
      double value = child.backward(batch, state.step());
      double seams = child.seams();
      if (!Double.isFinite(value)) {
        told(state.step(), batch.idsBT().numel(), value, seams, Double.NaN);
        String where = child.whereNotFinite(batch.idsBT());
        state.stopped("the loss (" + value + ") is not finite, first in " + where);
        return;
      }
      double norm = child.optimizer().step(state.step());
      told(state.step(), batch.idsBT().numel(), value, seams, norm);
      if (Double.isFinite(norm)) {
        state.stepped(value);
      } else {
        String where = child.firstNotFiniteGradient(batch);
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

  private static void checkStart(double klNats, GlobalChild child, EvaluationBatches heldOut) {
    if (!Double.isFinite(klNats)) {
      throw new NonFiniteException(
          "global distillation: the assembled child's KL to the parent ("
              + klNats
              + ") is not finite, first in "
              + firstNotFinite(child, heldOut)
              + ", so that there is nothing to begin with.");
    }
  }

  private static String firstNotFinite(GlobalChild child, EvaluationBatches heldOut) {
    try (NativeScope scope = NativeScope.open()) {
      return child.whereNotFinite(heldOut.batch(0));
    }
  }

  private void evaluateWhenDue(
      GlobalChild child, EvaluationBatches heldOut, GlobalProgress state, SavedState saved)
      throws IOException {
    if (state.step() % settings.evaluateEvery() != 0 && state.step() != settings.steps()) {
      return;
    }
    double klNats = child.heldOutKl(heldOut);
    if (Double.isFinite(klNats)) {
      state.evaluated(state.step(), klNats);
      if (state.step() < settings.steps()) { // behind the last step there is nothing to go on with
        saved.save(state);
      }
    } else {
      String where = firstNotFinite(child, heldOut);
      state.stopped("the held-out KL (" + klNats + ") is not finite, first in " + where);
    }
  }
}
