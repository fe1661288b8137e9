package org.nemotron.core.checkpoint.huggingface;

import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;

/** The one kind of block that the families of {@link ModelFamily} are made of. */
final class FamilyBlocks {
  private FamilyBlocks() {}

  /** Returns whether {@code block} has grouped-query attention and a gated FFN. */
  static boolean isOne(BlockSpec block) {
    return block.attention().accept(new OfAttention()) && block.ffn().accept(new OfFfn());
  }

  private static final class OfAttention implements AttentionSpec.Visitor<Boolean> {
    @Override
    public Boolean visit(AttentionSpec.GroupedQuery attention) {
      return true;
    }

    @Override
    public Boolean visit(AttentionSpec.Linear attention) {
      return false;
    }

    @Override
    public Boolean visit(AttentionSpec.NoOp attention) {
      return false;
    }
  }

  private static final class OfFfn implements FfnSpec.Visitor<Boolean> {
    @Override
    public Boolean visit(FfnSpec.Gated ffn) {
      return true;
    }

    @Override
    public Boolean visit(FfnSpec.Linear ffn) {
      return false;
    }

    @Override
    public Boolean visit(FfnSpec.NoOp ffn) {
      return false;
    }
  }
}
