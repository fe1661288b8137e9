package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Optional;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.distill.CandidateTraining.Cause;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.internal.Replacement;

/**
 * The training of one candidate: its tensors, its optimizer, its losses. Used by one thread at a
 * time.
 */
final class CandidateTrainer implements AutoCloseable {
  private final Candidate candidate;
  private final LocalDistillationSettings settings;
  private final NamedTensors trained;
  private final Replacement replacement;
  private final Optimizer optimizer;
  private final DeferredLosses unread;
  private final Resources parts;
  private final ImmutableDoubleArray.Builder losses = ImmutableDoubleArray.builder();
  private int stepsRead;
  private double latest = Double.NaN;
  private double allowed = Double.POSITIVE_INFINITY;
  private Optional<CandidateTraining.Stop> stop = Optional.empty();

  /** Makes a trainer of copies of {@code start}. */
  CandidateTrainer(
      LayerStreamer parent,
      double eps,
      Candidate candidate,
      NamedTensors start,
      LocalDistillationSettings settings) {
    this.candidate = candidate;
    this.settings = settings;
    try (Resources made = new Resources()) {
      this.trained =
          made.add(
              start.map(tensor -> leaf(Tensors.toDevice(tensor.detach(), parent.device()))),
              NamedTensors::close);
      this.replacement =
          made.add(
              Replacement.of(
                  parent.block(candidate.layer()), parent.rotary(), eps, candidate, trained),
              Replacement::close);
      this.optimizer =
          made.add(Optimizer.of(trained, settings.optimizer(), settings.steps()), Optimizer::close);
      this.unread = made.add(new DeferredLosses(), DeferredLosses::close);
      this.parts = made.complete();
    }
  }

  private static Tensor leaf(Tensor tensor) {
    Tensor copy = tensor.clone();
    copy.set_requires_grad(true);
    return copy;
  }

  /** Returns the work of a step, in multiply-adds per token. */
  long work() {
    return trained.asMap().values().stream().mapToLong(Tensor::numel).sum();
  }

  /** Trains on one batch; does nothing once the candidate is stopped. */
  void step(int step, HiddenStates parentStream) {
    if (stop.isPresent()) {
      return;
    }
    try (NativeScope scope = NativeScope.open()) {
      Tensor output = replacement.output(parentStream);
      NormalizedMse error = NormalizedMse.of(replacement.target(parentStream), output);
      if (optimizer instanceof MixedPrecisionAdamW masters) {
        backward(output, error);
        unread.add(error.loss(), masters.update(step));
        if (unread.isFull() || step == settings.steps() - 1) {
          unread.read(this::stepped);
        }
        return;
      }
      double value = Tensors.scalar(error.loss());
      latest = value;
      losses.add(value);
      if (diverged(step, value)) {
        return;
      }
      backward(output, error);
      double norm = optimizer.step(step);
      if (!Double.isFinite(norm)) {
        stop(step, Cause.NOT_FINITE, "the gradient is not finite (" + norm + ")");
      }
    }
  }

  private static void backward(Tensor output, NormalizedMse error) {
    output.backward(error.gradientBTD(), new BoolOptional(), false, new TensorArrayRefOptional());
  }

  /** Records a step that the device has done; one whose gradient is not finite changed nothing. */
  private void stepped(double loss, double norm) {
    if (stop.isPresent()) {
      return;
    }
    int step = stepsRead++;
    latest = loss;
    losses.add(loss);
    if (!diverged(step, loss) && !Double.isFinite(norm)) {
      stop(step, Cause.NOT_FINITE, "the gradient is not finite (" + norm + ")");
    }
  }

  private boolean diverged(int step, double loss) {
    if (step == 0) {
      allowed = settings.divergenceFactor() * Math.max(1, loss);
    }
    if (!Double.isFinite(loss)) {
      stop(step, Cause.NOT_FINITE, "the loss is not finite (" + loss + ")");
    } else if (loss > allowed) {
      stop(step, Cause.DIVERGED, "the loss (" + loss + ") exceeds " + allowed);
    }
    return stop.isPresent();
  }

  private void stop(int step, Cause cause, String reason) {
    stop = Optional.of(new CandidateTraining.Stop(step, cause, reason));
  }

  Candidate candidate() {
    return candidate;
  }

  /** Returns the loss that was read last; NaN before the first. */
  double latest() {
    return latest;
  }

  boolean stopped() {
    return stop.isPresent();
  }

  /** Returns the losses, and why training was stopped early if it was. */
  CandidateTraining training() {
    return new CandidateTraining(
        candidate, losses.build(), stop.map(ImmutableList::of).orElse(ImmutableList.of()));
  }

  /**
   * Returns the trained tensors without their gradients, held by the caller.
   *
   * @param place the device that is to hold them
   */
  NamedTensors result(HiddenStates.Place place) {
    return trained.map(
        tensor ->
            place == HiddenStates.Place.HOST
                ? Tensors.move(tensor.detach(), Device.CPU, DType.of(tensor))
                : tensor.detach());
  }

  @Override
  public void close() {
    parts.close();
  }
}
