package org.nemotron.core.activation;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Tensors;

/**
 * A rank's place in a pipeline of layers: hidden states come from the rank before, or from the
 * embedding, and go to the rank behind. Immutable.
 */
public final class LayerPipeline {
  private final Communicator ranks;
  private final int first;
  private final int handover;
  private final boolean last;

  /**
   * Makes the place of this rank.
   *
   * @param ranks who exchanges hidden states
   * @param first the layer whose input comes here
   * @param handover the layer whose input goes to the rank behind
   * @param last whether no rank is behind
   */
  public LayerPipeline(Communicator ranks, int first, int handover, boolean last) {
    checkArgument(
        first >= 0 && first <= handover,
        "a rank must pass on what is behind its first layer (%s), not layer %s",
        first,
        handover);
    this.ranks = ranks;
    this.first = first;
    this.handover = handover;
    this.last = last;
  }

  /** Returns the pipeline of one process that has all layers. */
  public static LayerPipeline alone() {
    return new LayerPipeline(Communicator.alone(), 0, 0, true);
  }

  /** Returns the layer whose input comes here. */
  public int first() {
    return first;
  }

  /** Returns the layer whose input goes to the rank behind. */
  public int handover() {
    return handover;
  }

  /**
   * Returns the input of layer {@link #first}: received, or that of the embedding.
   *
   * @param embedding gives it on the first rank
   * @param device where it is wanted
   * @param shape {@code [B, T, D]}
   */
  public Tensor input(Supplier<Tensor> embedding, Device device, DType dtype, long... shape) {
    if (ranks.rank() == 0) {
      return embedding.get();
    }
    Tensor hiddenBTD = Tensors.uninitialized(device, dtype, shape);
    ranks.receive(hiddenBTD, ranks.rank() - 1);
    return hiddenBTD;
  }

  /** Sends the input of layer {@link #handover} to the rank behind, where there is one. */
  public void pass(Supplier<Tensor> hiddenBTD) {
    if (!last) {
      ranks.send(hiddenBTD.get().contiguous(), ranks.rank() + 1);
    }
  }
}
