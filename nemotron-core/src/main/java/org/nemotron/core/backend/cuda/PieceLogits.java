package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.Tensor;

/**
 * The logits of the wanted rows of a step's prompts, computed in blocks from the normalized rows
 * that the workspace keeps during the step.
 */
final class PieceLogits {
  /** Rows whose logits are computed together. */
  static final int HEAD_ROWS = 256;

  private final CudaHead head;
  private final CudaWorkspace space;
  private final int wanted;
  private int computedFrom = -1;

  /**
   * Begins with no block computed.
   *
   * @param wanted how many rows there are
   */
  PieceLogits(CudaHead head, CudaWorkspace space, int wanted) {
    this.head = head;
    this.space = space;
    this.wanted = wanted;
  }

  /** Puts the logits of the block that begins with row {@code from} into the stream. */
  void compute(int from) {
    int rows = Math.min(HEAD_ROWS, wanted - from);
    Tensor normalizedLD = space.wanted().tensor().narrow(0, from, rows);
    head.logits(normalizedLD, space, space.pieceLogits());
    computedFrom = from;
  }

  /**
   * Returns where in {@link CudaWorkspace#pieceLogits} the logits of wanted row {@code row} are.
   */
  int row(int row) {
    int from = row / HEAD_ROWS * HEAD_ROWS;
    if (from != computedFrom) {
      compute(from);
    }
    return row - from;
  }
}
