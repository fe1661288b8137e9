package org.nemotron.core.nn;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.NamedTensors;

/**
 * One half of a block, attention or feed-forward network: reads the residual stream, adds to it.
 *
 * <p>Holds its tensors until it closes. Safe for use by several threads as long as nobody changes
 * the tensors. Any thread may close it; closing twice is harmless, use after close is refused.
 */
public sealed interface SubBlock extends AutoCloseable
    permits GroupedQueryAttention, GatedFfn, LinearSubBlock, NoOp {

  /**
   * Returns the residual stream after this sub-block: its input plus what it computes.
   *
   * @param hiddenBTD {@code [B, T, D]}, the residual stream
   * @return {@code [B, T, D]}, owned by the current scope; the input itself where there is nothing
   *     to add
   * @throws IllegalStateException if this sub-block is closed
   */
  Tensor forward(Tensor hiddenBTD);

  /**
   * Returns the name of the weight of the last projection, whose product is what this sub-block
   * adds to the residual stream; empty where it adds nothing.
   */
  Optional<String> lastProjection();

  /**
   * Returns the input of the last projection.
   *
   * @param hiddenBTD {@code [B, T, D]}, the residual stream before this sub-block
   * @return {@code [B, T, I]}, owned by the current scope
   * @throws IllegalStateException if there is no last projection
   */
  Tensor lastInput(Tensor hiddenBTD);

  /** Returns the tensors, by their names below a layer; valid while this object is open. */
  NamedTensors tensors();

  /** Gives back the tensors. */
  @Override
  default void close() {
    tensors().close();
  }

  /**
   * Returns the attention that {@code spec} describes.
   *
   * @param weights a holder with the names of {@link AttentionSpec#tensorShapes}; the sub-block
   *     takes a share of its own
   */
  static SubBlock attention(
      AttentionSpec spec, NamedTensors weights, RotaryEmbedding rotary, double eps) {
    return spec.accept(
        new AttentionSpec.Visitor<SubBlock>() {
          @Override
          public SubBlock visit(AttentionSpec.GroupedQuery attention) {
            return new GroupedQueryAttention(
                attention, weights.share(attention.tensorShapes(1).keySet()), rotary, eps);
          }

          @Override
          public SubBlock visit(AttentionSpec.Linear attention) {
            return LinearSubBlock.ofAttention(
                weights.share(attention.tensorShapes(1).keySet()), eps);
          }

          @Override
          public SubBlock visit(AttentionSpec.NoOp attention) {
            return new NoOp();
          }
        });
  }

  /**
   * Returns the feed-forward network that {@code spec} describes.
   *
   * @param weights a holder with the names of {@link FfnSpec#tensorShapes}; the sub-block takes a
   *     share of its own
   */
  static SubBlock ffn(FfnSpec spec, NamedTensors weights, double eps) {
    return spec.accept(
        new FfnSpec.Visitor<SubBlock>() {
          @Override
          public SubBlock visit(FfnSpec.Gated ffn) {
            return new GatedFfn(weights.share(ffn.tensorShapes(1).keySet()), eps);
          }

          @Override
          public SubBlock visit(FfnSpec.Linear ffn) {
            return LinearSubBlock.ofFfn(weights.share(ffn.tensorShapes(1).keySet()), eps);
          }

          @Override
          public SubBlock visit(FfnSpec.NoOp ffn) {
            return new NoOp();
          }
        });
  }
}
