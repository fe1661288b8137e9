package org.nemotron.core.backend.cuda;

import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.Resources;

/** One layer made ready for steps on a GPU: attention, then the feed-forward network. */
final class CudaBlock implements AutoCloseable {
  private final CudaSubBlock attention;
  private final CudaSubBlock ffn;
  private final boolean onlyOthersFfn;
  private final Resources parts;

  CudaBlock(RankShare share, CudaLayerWeights weights, CudaRotaryCache rotary) {
    BlockSpec own = share.block(weights.layer());
    this.onlyOthersFfn = share.sumsFfn(weights.layer()) && own.ffn().isNoOp();
    try (Resources made = new Resources()) {
      this.attention =
          made.add(
              CudaSubBlock.attention(own.attention(), share.inputs(), weights, rotary),
              CudaSubBlock::close);
      this.ffn =
          made.add(CudaSubBlock.ffn(own.ffn(), share.inputs(), weights), CudaSubBlock::close);
      this.parts = made.complete();
    }
  }

  /**
   * Puts the layer's work into the step's stream.
   *
   * @param layer whose keys and values are read
   */
  void run(CudaStep step, int layer) {
    attention.run(step, layer);
    if (onlyOthersFfn) {
      step.addOthers();
    } else {
      ffn.run(step, layer);
    }
  }

  /** Lists the same work for a step of few rows. */
  void list(WorkList parts, CudaKvCache.Layer memory) {
    attention.list(parts, memory);
    ffn.list(parts, memory);
  }

  /** Returns bit g, if attention's blocks serve g query heads in a step of few rows; or 0. */
  int groups() {
    return attention.groups() | ffn.groups();
  }

  /** Returns the memory that the matrices take, in bytes. */
  long weightBytes() {
    return attention.weightBytes() + ffn.weightBytes();
  }

  /** Returns the widest first product; 0 where there is none. */
  int joinedWidth() {
    return Math.max(attention.joinedWidth(), ffn.joinedWidth());
  }

  /** Returns the widest input of a second product; 0 where there is none. */
  int innerWidth() {
    return Math.max(attention.innerWidth(), ffn.innerWidth());
  }

  @Override
  public void close() {
    parts.close();
  }
}
