package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableSet;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.TokenBatches;

/**
 * Trains a whole model to predict the next token, without a parent: how a small parent is made, or
 * a child goes on without one.
 *
 * <p>Weights are updated in float32 ({@link OptimizerStates#FLOAT32}), whatever type the model
 * computes in.
 */
public final class Pretrainer {
  private static final String REMEDY = "Maybe take a smaller batch or shorter windows.";

  private final PretrainingSettings settings;

  /** Makes a trainer that uses all cores, or the GPU that a model is on. */
  public Pretrainer(PretrainingSettings settings) {
    this.settings = settings;
  }

  /** Is told of steps. */
  @FunctionalInterface
  public interface Progress {
    /**
     * A step has ended.
     *
     * @param done how many have
     * @param lossNats the mean loss of its batch before the update, in nats a token
     * @param gradientNorm before clipping
     */
    void stepped(int done, double lossNats, double gradientNorm);
  }

  /**
   * Returns a trained copy of {@code start}, which stays as it is; the caller closes it.
   *
   * @param data batches 0 to {@code steps - 1} are used; windows of at least two tokens
   * @throws NonFiniteException if a loss or a gradient is not finite; it names the step
   */
  public HeterogeneousModel train(HeterogeneousModel start, TokenBatches data, Progress progress) {
    checkArgument(data.windowTokens() > 1, "windows must have at least two tokens");
    int parts =
        GlobalDistiller.partsOfBatch(start.device(), CpuThreads.available(), data.batchSize());
    try (ChildReplicas replicas = new ChildReplicas(start, parts);
        Optimizer optimizer =
            Optimizer.of(replicas.tensors(), settings.optimizer(), settings.steps());
        TensorThreads sideBySide = new TensorThreads(parts)) {
      for (int step = 0; step < settings.steps(); step++) {
        Cancellation.check();
        step(step, replicas, optimizer, data, sideBySide, progress);
      }
      return replicas.model().copy(start.dtype());
    } catch (RuntimeException e) {
      throw GpuMemoryException.explaining(e, start.device(), REMEDY);
    }
  }

  private void step(
      int step,
      ChildReplicas replicas,
      Optimizer optimizer,
      TokenBatches data,
      TensorThreads sideBySide,
      Progress progress) {
    try (NativeScope scope = NativeScope.open()) {
      NextTokenLoss loss = NextTokenLoss.without(skipped(replicas.model().spec(), step));
      double nats =
          replicas.backward(loss, LearnedBatch.of(data, step), data.batchSize(), sideBySide);
      checkFinite(nats, "loss", step);
      replicas.tensors().asMap().values().forEach(Pretrainer::completeGradient);
      double norm = optimizer.step(step);
      checkFinite(norm, "gradient's norm", step);
      progress.stepped(step + 1, nats, norm);
    }
  }

  private static void checkFinite(double value, String what, int step) {
    if (!Double.isFinite(value)) {
      throw new NonFiniteException(
          "training: the "
              + what
              + " ("
              + value
              + ") of step "
              + step
              + " is not finite.\nMaybe take a lower learning rate, or a longer warm-up.");
    }
  }

  /** What a step leaves out has gradients of zero, so that the optimizer counts the step. */
  private static void completeGradient(Tensor tensor) {
    if (!tensor.grad().defined()) {
      tensor.mutable_grad().put(torch.zeros_like(tensor.detach()));
    }
  }

  private ImmutableSet<NextTokenLoss.Half> skipped(ModelSpec spec, int step) {
    if (settings.skippedShare() == 0) {
      return ImmutableSet.of();
    }
    SplittableRandom random = settings.seed().named("skipped").numbered(step).random();
    ImmutableSet.Builder<NextTokenLoss.Half> halves = ImmutableSet.builder();
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (boolean attention : new boolean[] {true, false}) {
        if (random.nextDouble() < settings.skippedShare()) {
          halves.add(new NextTokenLoss.Half(layer, attention));
        }
      }
    }
    return halves.build();
  }
}
