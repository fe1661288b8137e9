package org.nemotron.core.parallel;

import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NamedTensors;

/**
 * Makes one rank's part of each kind of sub-block, of slices that the caller keeps.
 *
 * @param slices the rank's tensors of a layer
 */
record RankSubBlocks(SlicePlan plan, int rank, NamedTensors slices, RotaryEmbedding rotary)
    implements AttentionSpec.Visitor<RankSubBlock>, FfnSpec.Visitor<RankSubBlock> {

  private ModelSpec spec() {
    return plan.spec();
  }

  /** Which of the normalized input's elements a linear layer multiplies. */
  private IndexRange inputs() {
    return IndexRange.share(spec().width(), rank, plan.degree());
  }

  @Override
  public RankSubBlock visit(AttentionSpec.GroupedQuery attention) {
    return new RankAttention(
        attention,
        HeadShare.of(attention.queryHeads(), attention.kvHeads(), rank, plan.degree()),
        slices.share(attention.tensorShapes(1).keySet()),
        rotary,
        spec().rmsNormEps());
  }

  @Override
  public RankSubBlock visit(AttentionSpec.Linear attention) {
    return new RankProjection(
        SubBlock.attention(attention, slices, rotary, spec().rmsNormEps()), inputs());
  }

  @Override
  public RankSubBlock visit(AttentionSpec.NoOp attention) {
    return new RankSubBlock.Absent();
  }

  @Override
  public RankSubBlock visit(FfnSpec.Gated ffn) {
    IndexRange channels = IndexRange.share(ffn.channels(), rank, plan.degree());
    return new RankProjection(
        SubBlock.ffn(ffn, slices, spec().rmsNormEps()), IndexRange.all(channels.size()));
  }

  @Override
  public RankSubBlock visit(FfnSpec.Linear ffn) {
    return new RankProjection(SubBlock.ffn(ffn, slices, spec().rmsNormEps()), inputs());
  }

  @Override
  public RankSubBlock visit(FfnSpec.NoOp ffn) {
    return new RankSubBlock.Absent();
  }
}
