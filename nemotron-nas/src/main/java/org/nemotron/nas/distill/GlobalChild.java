package org.nemotron.nas.distill;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.text.EvaluationBatches;

/**
 * The child of a global distillation at work: the whole of it in one process, or divided among
 * ranks, which then call the same methods in the same order.
 */
interface GlobalChild extends AutoCloseable {
  /** Returns what this process has of the child and updates; it belongs to this object. */
  NamedTensors tensors();

  /** Returns the optimizer of what is trained of {@link #tensors}; it belongs to this object. */
  Optimizer optimizer();

  /**
   * Computes the gradients of the loss on a batch, and returns its value. An optimizer that can
   * update a layer whose gradients are complete does so meanwhile.
   *
   * @param batch of all ranks
   * @param step from 0
   */
  double backward(LearnedBatch batch, int step);

  /** Returns, of the last loss, what the hidden states had. */
  double seams();

  /** Returns the mean KL(parent ‖ child) over the tokens of {@code heldOut}, in nats. */
  double heldOutKl(EvaluationBatches heldOut);

  /** Returns the first place at which parent or child has a value that is not finite. */
  String whereNotFinite(Tensor idsBT);

  /**
   * Computes the gradients again, which clipping has scaled together, and returns the name of the
   * first tensor whose gradient is not finite.
   */
  String firstNotFiniteGradient(LearnedBatch batch);

  /** Returns the child as it is now, which the caller closes; nothing on other ranks than 0. */
  Optional<HeterogeneousModel> whole();

  @Override
  void close();
}
