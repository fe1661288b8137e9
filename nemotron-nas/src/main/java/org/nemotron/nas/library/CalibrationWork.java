package org.nemotron.nas.library;

import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.estimate.WorkKind;

/**
 * What a {@link Calibrator} computes and holds.
 *
 * @param batches of calibration text
 * @param batch sequences of a batch
 * @param window tokens of a sequence
 * @param refit whether last projections are fitted
 */
public record CalibrationWork(ModelSpec parent, int batches, int batch, int window, boolean refit) {
  private static final int FLOAT32_BYTES = 4;
  private static final int BFLOAT16_BYTES = 2;

  /** Returns the passes: layers, and the products of their activations with each other. */
  public Work passes() {
    long tokens = (long) batches * batch * window;
    double perToken = new PassFlops(parent, window).blocks(0, parent.layers());
    return new Work(WorkKind.CALIBRATION, tokens, tokens * (perToken + 2.0 * squareElements()), 0);
  }

  /** Returns the making of starting weights: solutions of equations, of cubic work. */
  public Work initialization() {
    double sum = 0;
    for (BlockSpec block : parent.blocks()) {
      sum += Math.pow(block.ffn().channels(), 3) + 2 * Math.pow(parent.width(), 3);
    }
    return new Work(WorkKind.INITIALIZATION, 0, sum, 0);
  }

  /** Returns the bytes of the matrices that are gathered. */
  public long bytes() {
    return FLOAT32_BYTES * squareElements();
  }

  /**
   * Returns the bytes beside the parent on a GPU: hidden states of a batch, last projections of all
   * layers in float32, one layer at work, and what is gathered for a fit.
   *
   * @param ranks that divide the layers
   */
  public long gpuBytes(int ranks) {
    return stateBytes() + LayerObserver.workBytes(parent, (long) batch * window) + heldBytes(ranks);
  }

  /** Returns the bytes of a batch's hidden states on a GPU. */
  long stateBytes() {
    long tokens = (long) batch * window;
    return (2L * parent.layers() + 1) * tokens * parent.width() * BFLOAT16_BYTES;
  }

  /**
   * Returns the bytes that stay on a GPU from the first batch to the last: last projections in
   * float32, and what is gathered for a fit.
   */
  long heldBytes(int ranks) {
    long projections = 0;
    for (BlockSpec block : parent.blocks()) {
      long heads = (long) block.attention().queryHeads() * parent.headDim();
      projections += (block.ffn().channels() + heads) * parent.width();
    }
    return (FLOAT32_BYTES * projections + (refit ? bytes() : 0)) / ranks;
  }

  /** Elements of all layers' sums of products: channels, and twice the width where it is fitted. */
  private long squareElements() {
    long sum = 0;
    for (BlockSpec block : parent.blocks()) {
      long channels = block.ffn().channels();
      long width = parent.width();
      sum += refit ? channels * (channels + width) + 4 * width * width : channels;
    }
    return sum;
  }
}
