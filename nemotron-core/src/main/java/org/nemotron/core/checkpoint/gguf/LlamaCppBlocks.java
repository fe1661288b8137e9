package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * The layers that llama.cpp computes in place of those that it does not have, with the same output:
 *
 * <ul>
 *   <li>no FFN: one of 32 channels whose last projection is zero;
 *   <li>a linear one: as many channels as the model is wide, their gates held at 1 by a bias, and
 *       the identity as last projection;
 *   <li>no attention in layer 0, of which head counts are taken: a linear one of zeros.
 * </ul>
 */
public final class LlamaCppBlocks {
  /** Channels of an FFN that does nothing: one block of a quantized type. */
  static final int IDLE_CHANNELS = 32;

  /** {@code silu(x) = 1} there. */
  static final double OPEN_GATE = 1.278464542761074;

  private LlamaCppBlocks() {}

  /** Returns the model with its layers replaced where need be. */
  public static ModelSpec replaced(ModelSpec spec) {
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (int layer = 0; layer < spec.layers(); layer++) {
      BlockSpec block = spec.block(layer);
      blocks.add(
          new BlockSpec(attention(layer, block.attention()), ffn(block.ffn(), spec.width())));
    }
    return spec.withBlocks(blocks.build());
  }

  static AttentionSpec attention(int layer, AttentionSpec attention) {
    return attention.accept(
        new AttentionSpec.Visitor<AttentionSpec>() {
          @Override
          public AttentionSpec visit(AttentionSpec.GroupedQuery groupedQuery) {
            return groupedQuery;
          }

          @Override
          public AttentionSpec visit(AttentionSpec.Linear linear) {
            return linear;
          }

          @Override
          public AttentionSpec visit(AttentionSpec.NoOp none) {
            return layer == 0 ? new AttentionSpec.Linear() : none;
          }
        });
  }

  static FfnSpec ffn(FfnSpec ffn, int width) {
    return ffn.accept(
        new FfnSpec.Visitor<FfnSpec>() {
          @Override
          public FfnSpec visit(FfnSpec.Gated gated) {
            return gated;
          }

          @Override
          public FfnSpec visit(FfnSpec.Linear linear) {
            return new FfnSpec.Gated(width);
          }

          @Override
          public FfnSpec visit(FfnSpec.NoOp none) {
            return new FfnSpec.Gated(IDLE_CHANNELS);
          }
        });
  }
}
