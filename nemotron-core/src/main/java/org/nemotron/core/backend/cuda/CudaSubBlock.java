package org.nemotron.core.backend.cuda;

import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;

/** A {@link SubBlock} made ready for steps on a GPU: adds to the residual stream of all rows. */
sealed interface CudaSubBlock extends AutoCloseable
    permits CudaAttention, CudaFfn, CudaLinearSubBlock, CudaSubBlock.Nothing {
  /**
   * Puts the sub-block's work into the step's stream.
   *
   * @param layer whose keys and values are read
   */
  void run(CudaStep step, int layer);

  /** Lists the same work for a step of few rows. */
  void list(WorkList parts, CudaKvCache.Layer memory);

  /** Returns bit g, if attention's blocks serve g query heads in a step of few rows; or 0. */
  default int groups() {
    return 0;
  }

  /** Returns the memory that the matrices take, in bytes. */
  long weightBytes();

  /** Returns the widest first product; 0 where there is none. */
  int joinedWidth();

  /** Returns the widest input of the second product; 0 where there is none. */
  int innerWidth();

  @Override
  void close();

  /**
   * Packs the weights of the attention that {@code spec} describes.
   *
   * @param inputs which elements of its input a linear layer multiplies
   */
  static CudaSubBlock attention(
      AttentionSpec spec, IndexRange inputs, CudaLayerWeights weights, CudaRotaryCache rotary) {
    return spec.accept(
        new AttentionSpec.Visitor<CudaSubBlock>() {
          @Override
          public CudaSubBlock visit(AttentionSpec.GroupedQuery attention) {
            return new CudaAttention(attention, weights, rotary);
          }

          @Override
          public CudaSubBlock visit(AttentionSpec.Linear attention) {
            return CudaLinearSubBlock.ofAttention(inputs, weights);
          }

          @Override
          public CudaSubBlock visit(AttentionSpec.NoOp attention) {
            return new Nothing();
          }
        });
  }

  /**
   * Packs the weights of the feed-forward network that {@code spec} describes.
   *
   * @param inputs which elements of its input a linear layer multiplies
   */
  static CudaSubBlock ffn(FfnSpec spec, IndexRange inputs, CudaLayerWeights weights) {
    return spec.accept(
        new FfnSpec.Visitor<CudaSubBlock>() {
          @Override
          public CudaSubBlock visit(FfnSpec.Gated ffn) {
            return new CudaFfn(ffn, weights);
          }

          @Override
          public CudaSubBlock visit(FfnSpec.Linear ffn) {
            return CudaLinearSubBlock.ofFfn(inputs, weights);
          }

          @Override
          public CudaSubBlock visit(FfnSpec.NoOp ffn) {
            return new Nothing();
          }
        });
  }

  /** The stream passes through. */
  record Nothing() implements CudaSubBlock {
    @Override
    public void run(CudaStep step, int layer) {}

    @Override
    public void list(WorkList parts, CudaKvCache.Layer memory) {}

    @Override
    public long weightBytes() {
      return 0;
    }

    @Override
    public int joinedWidth() {
      return 0;
    }

    @Override
    public int innerWidth() {
      return 0;
    }

    @Override
    public void close() {}
  }
}
