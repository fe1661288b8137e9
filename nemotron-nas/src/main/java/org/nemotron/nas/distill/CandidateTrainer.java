package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.ResidualStream;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.distill.CandidateTraining.Cause;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.Replacement;

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
  private final Workplace workplace;
  private final UnreadSteps unread;
  private final ImmutableDoubleArray.Builder losses = ImmutableDoubleArray.builder();
  private int stepsRead;
  private double allowed = Double.POSITIVE_INFINITY;
  private Optional<CandidateTraining.Stop> stop = Optional.empty();

  /** Prepares to train copies of {@code start}. */
  CandidateTrainer(
      HeterogeneousModel parent,
      Candidate candidate,
      NamedTensors start,
      LocalDistillationSettings settings) {
    this.candidate = candidate;
    this.settings = settings;
    this.trained = start.map(CandidateTrainer::leaf);
    this.replacement = Replacement.of(parent, candidate, trained);
    this.optimizer = Optimizer.of(trained, settings.optimizer(), settings.steps());
    this.workplace = Workplace.of(parent.device());
    this.unread = new UnreadSteps();
  }

  private static Tensor leaf(Tensor tensor) {
    Tensor copy = Tensors.cast(tensor.detach(), DType.of(tensor)).clone();
    copy.set_requires_grad(true);
    return copy;
  }

  /** Returns how much work a step is, in multiply-adds per token. */
  long work() {
    return trained.asMap().values().stream().mapToLong(Tensor::numel).sum();
  }

  /** Trains on one batch; does nothing once the candidate is stopped. */
  void step(int step, ResidualStream parentStream) {
    if (stop.isPresent()) {
      return;
    }
    try (NativeScope scope = NativeScope.open();
        Workplace.Use use = workplace.use()) {
      Tensor loss =
          NormalisedMse.of(replacement.target(parentStream), replacement.output(parentStream));
      if (optimizer instanceof MasterAdamW masters) {
        loss.backward();
        unread.add(loss.detach(), masters.update(step));
        if (unread.isFull() || step == settings.steps() - 1) {
          unread.read(this::stepped);
        }
        return;
      }
      double value = Tensors.scalar(loss);
      losses.add(value);
      if (diverged(step, value)) {
        return;
      }
      loss.backward();
      double norm = optimizer.step(step);
      if (!Double.isFinite(norm)) {
        stop(step, Cause.NOT_FINITE, "the gradient is not finite (" + norm + ")");
      }
    }
  }

  /** Notes a step that the device has done; one whose gradient is not finite changed nothing. */
  private void stepped(double loss, double norm) {
    if (stop.isPresent()) {
      return;
    }
    int step = stepsRead++;
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

  boolean stopped() {
    return stop.isPresent();
  }

  /** Returns how it went. */
  CandidateTraining training() {
    return new CandidateTraining(
        candidate, losses.build(), stop.map(ImmutableList::of).orElse(ImmutableList.of()));
  }

  /** Returns the trained tensors without their gradients, held by the caller. */
  NamedTensors result() {
    return trained.map(Tensor::detach);
  }

  @Override
  public void close() {
    unread.close();
    workplace.close();
    optimizer.close();
    replacement.close();
    trained.close();
  }
}
