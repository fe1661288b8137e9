package org.nemotron.nas.distill;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.text.EvaluationBatches;

/** A child that one process has and trains. */
final class WholeChild implements GlobalChild {
  private final ChildReplicas replicas;
  private final TensorThreads sideBySide;
  private final Optimizer optimizer;
  private final GlobalLoss terms;
  private final GraphMemory memory;
  private final LayeredLoss loss;
  private final int microBatch;
  private final Resources held;

  /**
   * Makes a copy of {@code start}.
   *
   * @param parts in which a batch is computed, side by side
   */
  WholeChild(
      HeterogeneousModel parent,
      HeterogeneousModel start,
      GlobalDistillationSettings settings,
      int parts) {
    try (Resources made = new Resources()) {
      this.replicas = made.add(new ChildReplicas(start, parts), ChildReplicas::close);
      this.sideBySide = made.add(new TensorThreads(parts), TensorThreads::close);
      this.optimizer =
          made.add(
              Optimizer.of(
                  replicas.tensors(),
                  settings.optimizer(),
                  settings.steps(),
                  settings.optimizerStates()),
              Optimizer::close);
      this.terms = new GlobalLoss(parent, settings);
      this.memory = new GraphMemory(replicas.model());
      this.loss = new LayeredLoss(terms, memory);
      this.microBatch = settings.microBatch();
      this.held = made.complete();
    }
  }

  @Override
  public NamedTensors tensors() {
    return replicas.tensors();
  }

  @Override
  public Optimizer optimizer() {
    return optimizer;
  }

  /** Where a batch is computed as a whole, layers can be updated one by one. */
  @Override
  public double backward(LearnedBatch batch, int step) {
    if (optimizer instanceof LayerOptimizer byLayer && replicas.parts() == 1) {
      double value =
          replicas.backward(
              loss,
              batch,
              microBatch(batch),
              layer -> byLayer.update(step, replicas.tensorsOf(layer)));
      byLayer.settle();
      return value;
    }
    return replicas.backward(loss, batch, microBatch(batch), sideBySide);
  }

  /** Returns how many sequences are computed at a time. */
  private int microBatch(LearnedBatch batch) {
    return microBatch > 0 ? microBatch : memory.sequences(batch.idsBT());
  }

  @Override
  public double seams() {
    return replicas.seams();
  }

  /** The sequences side by side, each by itself, added in their order. */
  @Override
  public double heldOutKl(EvaluationBatches heldOut) {
    List<Integer> batches = IntStream.range(0, heldOut.batches()).boxed().toList();
    double[] sums = new double[batches.size()];
    sideBySide.forEach(
        batches,
        batch -> {
          Tensor idsBT = heldOut.batch(batch);
          for (long row = 0; row < idsBT.size(0); row++) {
            sums[batch] += terms.klNats(replicas.model(), idsBT.narrow(0, row, 1));
          }
        });
    double sum = 0;
    for (double ofBatch : sums) {
      sum += ofBatch;
    }
    return sum / heldOut.windows();
  }

  @Override
  public String whereNotFinite(Tensor idsBT) {
    return terms.whereNotFinite(replicas.model(), idsBT);
  }

  @Override
  public String firstNotFiniteGradient(LearnedBatch batch) {
    return replicas.firstNotFiniteGradient(loss, batch, microBatch(batch), sideBySide);
  }

  @Override
  public Optional<HeterogeneousModel> whole() {
    try (NativeScope scope = NativeScope.open();
        NamedTensors trained = tensors().map(Tensor::detach)) {
      return Optional.of(HeterogeneousModel.of(replicas.model().spec(), trained));
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
