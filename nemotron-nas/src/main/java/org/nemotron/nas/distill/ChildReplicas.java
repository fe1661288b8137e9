package org.nemotron.nas.distill;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Finiteness;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;

/**
 * One child computed by several threads: the tensors exist once, each thread has its own gradients,
 * and these are added in a fixed order.
 */
final class ChildReplicas implements AutoCloseable {
  private final List<NamedTensors> tensors = new ArrayList<>();
  private final List<HeterogeneousModel> models = new ArrayList<>();
  private final int parts;
  private final Resources held;

  /** Of each part's loss, what the hidden states had. */
  private final double[] seams;

  /** Makes trainable copies of the tensors of {@code start}, for batches in {@code parts} parts. */
  ChildReplicas(HeterogeneousModel start, int parts) {
    this.parts = parts;
    this.seams = new double[parts];
    try (Resources made = new Resources();
        NamedTensors original = NamedTensors.of(start.tensors())) {
      add(start.spec(), original.map(tensor -> leaf(tensor.detach().clone())), made);
      for (int part = 1; part < parts; part++) {
        add(start.spec(), tensors().map(tensor -> leaf(tensor.detach())), made);
      }
      this.held = made.complete();
    }
  }

  private void add(ModelSpec spec, NamedTensors own, Resources made) {
    tensors.add(made.add(own, NamedTensors::close));
    models.add(made.add(HeterogeneousModel.of(spec, own), HeterogeneousModel::close));
  }

  private static Tensor leaf(Tensor tensor) {
    tensor.set_requires_grad(true);
    return tensor;
  }

  /** Returns the tensors that are trained; they belong to this object. */
  NamedTensors tensors() {
    return tensors.get(0);
  }

  /** Returns in how many parts a batch is computed. */
  int parts() {
    return parts;
  }

  /** Returns the names of the tensors of one layer. */
  List<String> tensorsOf(int layer) {
    String prefix = ModelSpec.layerPrefix(layer);
    return tensors().asMap().keySet().stream().filter(name -> name.startsWith(prefix)).toList();
  }

  /** Returns the child as it is now; it belongs to this object. */
  HeterogeneousModel model() {
    return models.get(0);
  }

  /**
   * Computes the gradients of {@code loss} on a batch, and returns its value.
   *
   * @param batch of at least as many sequences as there are parts
   * @param microBatch how many sequences each part computes at a time
   */
  double backward(BatchLoss loss, LearnedBatch batch, int microBatch, TensorThreads sideBySide) {
    List<Integer> indices = new ArrayList<>();
    for (int part = 0; part < parts; part++) {
      indices.add(part);
    }
    double[] values = new double[parts];
    long sequences = batch.idsBT().size(0);
    sideBySide.forEach(
        indices,
        part -> {
          long first = sequences * part / parts;
          long rows = sequences * (part + 1) / parts - first;
          values[part] = backward(loss, part, batch.rows(first, rows), microBatch, layer -> {});
        });
    addGradients();
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  /**
   * Computes the gradients of {@code loss} on a batch as a whole, and returns its value.
   *
   * @param microBatch how many sequences are computed at a time
   * @param layerDone is told each layer whose gradients are complete, from the last to the first
   */
  double backward(BatchLoss loss, LearnedBatch batch, int microBatch, IntConsumer layerDone) {
    return backward(loss, 0, batch, microBatch, layerDone);
  }

  /** Gradients of the pieces of a part are added by each backward pass, in their order. */
  private double backward(
      BatchLoss loss, int part, LearnedBatch batch, int microBatch, IntConsumer layerDone) {
    HeterogeneousModel model = models.get(part);
    long sequences = batch.idsBT().size(0);
    double sum = 0;
    seams[part] = 0;
    for (long first = 0; first < sequences; first += microBatch) {
      long rows = Math.min(microBatch, sequences - first);
      IntConsumer done = first + rows == sequences ? layerDone : layer -> {};
      try (NativeScope scope = NativeScope.open()) {
        LearnedBatch piece = rows == sequences ? batch : batch.rows(first, rows);
        LossValue value = loss.backward(model, piece.to(model.device()), done);
        seams[part] += Tensors.scalar(value.ofSeams());
        sum += Tensors.scalar(value.whole());
      }
    }
    return sum;
  }

  /** Returns, of the last loss, what the hidden states had. */
  double seams() {
    return Arrays.stream(seams).sum();
  }

  /**
   * Computes the gradients again, which clipping has scaled together, and returns the name of the
   * first tensor whose gradient is not finite.
   */
  String firstNotFiniteGradient(
      BatchLoss loss, LearnedBatch batch, int microBatch, TensorThreads sideBySide) {
    double unused = backward(loss, batch, microBatch, sideBySide);
    try (NativeScope scope = NativeScope.open()) {
      for (Map.Entry<String, Tensor> entry : tensors().asMap().entrySet()) {
        Tensor gradient = entry.getValue().grad();
        if (gradient.defined() && !Finiteness.of(gradient.contiguous())) {
          return entry.getKey();
        }
      }
    }
    return "the sum of the squares of all";
  }

  private void addGradients() {
    try (NativeScope scope = NativeScope.open()) {
      for (int part = 1; part < parts; part++) {
        NamedTensors other = tensors.get(part);
        tensors()
            .asMap()
            .forEach(
                (name, tensor) -> {
                  Tensor twin = other.get(name);
                  if (twin.grad().defined()) {
                    tensor.mutable_grad().add_(twin.grad());
                    twin.mutable_grad().reset();
                  }
                });
      }
    }
  }

  @Override
  public void close() {
    held.close();
  }
}
