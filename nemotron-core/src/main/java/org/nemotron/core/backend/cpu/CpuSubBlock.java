package org.nemotron.core.backend.cpu;

import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;

/** A {@link SubBlock} made ready for steps: adds to the residual stream of all rows. */
sealed interface CpuSubBlock extends AutoCloseable
    permits CpuAttention, CpuFfn, CpuLinearSubBlock, CpuSubBlock.Nothing {
  /**
   * Does this thread's share of the sub-block; all threads call it, and all rows are done when it
   * returns.
   *
   * @param layer whose keys and values are read
   */
  void run(CpuStep step, int layer, Worker worker);

  /** Returns the memory that the weights take, in bytes. */
  long weightBytes();

  /** Returns the widest input of the second product; 0 where there is none. */
  int innerWidth();

  /** Returns how many outputs the widest product of a thread has. */
  int widestProduct();

  @Override
  void close();

  /**
   * Packs the weights of the attention that {@code spec} describes.
   *
   * @param share which elements of its input a linear layer multiplies
   */
  static CpuSubBlock attention(
      AttentionSpec spec, RankShare share, CpuLayerWeights weights, RotaryCache rotary) {
    return spec.accept(
        new AttentionSpec.Visitor<CpuSubBlock>() {
          @Override
          public CpuSubBlock visit(AttentionSpec.GroupedQuery attention) {
            return new CpuAttention(attention, weights, rotary);
          }

          @Override
          public CpuSubBlock visit(AttentionSpec.Linear attention) {
            return CpuLinearSubBlock.ofAttention(share, weights);
          }

          @Override
          public CpuSubBlock visit(AttentionSpec.NoOp attention) {
            return new Nothing();
          }
        });
  }

  /**
   * Packs the weights of the feed-forward network that {@code spec} describes.
   *
   * @param share which elements of its input a linear layer multiplies
   */
  static CpuSubBlock ffn(FfnSpec spec, RankShare share, CpuLayerWeights weights) {
    return spec.accept(
        new FfnSpec.Visitor<CpuSubBlock>() {
          @Override
          public CpuSubBlock visit(FfnSpec.Gated ffn) {
            return new CpuFfn(ffn, weights);
          }

          @Override
          public CpuSubBlock visit(FfnSpec.Linear ffn) {
            return CpuLinearSubBlock.ofFfn(share, weights);
          }

          @Override
          public CpuSubBlock visit(FfnSpec.NoOp ffn) {
            return new Nothing();
          }
        });
  }

  /** The stream passes through. */
  record Nothing() implements CpuSubBlock {
    @Override
    public void run(CpuStep step, int layer, Worker worker) {}

    @Override
    public long weightBytes() {
      return 0;
    }

    @Override
    public int innerWidth() {
      return 0;
    }

    @Override
    public int widestProduct() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
