package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * The progress of a global distillation: the current tensors, the best ones so far, and the curves.
 */
final class GlobalProgress implements AutoCloseable {
  private final NamedTensors current;
  private final NamedTensors best;
  private final List<Double> losses = new ArrayList<>();
  private final List<GlobalDistillation.Evaluation> evaluations = new ArrayList<>();
  private Optional<String> stop = Optional.empty();

  /** At which step the best tensors were the current ones. */
  private int bestAt;

  /** Starts from the tensors as they are. */
  GlobalProgress(NamedTensors current) {
    this.current = current;
    this.best = current.map(GlobalProgress::copyOnHost);
  }

  /** A GPU's memory holds one child only. */
  private static Tensor copyOnHost(Tensor tensor) {
    Tensor own = tensor.detach();
    return own.is_cuda() ? Tensors.move(own, Device.CPU, DType.of(own)) : own.clone();
  }

  int step() {
    return losses.size();
  }

  ImmutableList<Double> losses() {
    return ImmutableList.copyOf(losses);
  }

  ImmutableList<GlobalDistillation.Evaluation> evaluations() {
    return ImmutableList.copyOf(evaluations);
  }

  Optional<String> stop() {
    return stop;
  }

  NamedTensors current() {
    return current;
  }

  NamedTensors best() {
    return best;
  }

  /**
   * Returns whether the current tensors are the best ones, as they are when just measured; a step
   * that was not finite may have changed some.
   */
  boolean bestIsCurrent() {
    return bestAt == step() && stop.isEmpty();
  }

  /** Records a step. */
  void stepped(double loss) {
    losses.add(loss);
  }

  /**
   * Records that the next step, or a measurement after the last one, was not finite and has changed
   * nothing: training ends there.
   */
  void stopped(String what) {
    stop = Optional.of("step " + step() + ": " + what + "; the best child before it is kept");
  }

  /** Records a measurement, and keeps the tensors if they are the best so far. */
  void evaluated(int step, double klNats) {
    boolean better = evaluations.stream().allMatch(earlier -> klNats < earlier.klNats());
    evaluations.add(new GlobalDistillation.Evaluation(step, klNats));
    if (better) {
      copy(current, best);
      bestAt = step;
    }
  }

  /** Restores a saved state. */
  void restore(
      NamedTensors savedCurrent,
      NamedTensors savedBest,
      List<Double> savedLosses,
      List<GlobalDistillation.Evaluation> savedEvaluations) {
    copy(savedCurrent, current);
    copy(savedBest, best);
    restore(savedLosses, savedEvaluations);
  }

  private static void copy(NamedTensors from, NamedTensors to) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard()) {
      for (Map.Entry<String, Tensor> entry : to.asMap().entrySet()) {
        entry.getValue().detach().copy_(from.get(entry.getKey()).detach());
      }
    }
  }

  /** Ends the training: the current tensors become the best ones. */
  void takeBest() {
    copy(best, current);
  }

  /** Returns how it went. */
  GlobalDistillation result(HeterogeneousModel child) {
    return new GlobalDistillation(
        child,
        ImmutableDoubleArray.copyOf(losses),
        evaluations(),
        stop.map(ImmutableList::of).orElse(ImmutableList.of()));
  }

  /** Restores the curves of a saved state, whose tensors are there already. */
  void restore(List<Double> savedLosses, List<GlobalDistillation.Evaluation> savedEvaluations) {
    losses.addAll(savedLosses);
    evaluations.addAll(savedEvaluations);
  }

  @Override
  public void close() {
    best.close();
  }
}
