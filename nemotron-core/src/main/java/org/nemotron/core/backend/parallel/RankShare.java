package org.nemotron.core.backend.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.Sets;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.parallel.HeadShare;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * What one rank computes of a model that {@code plan.degree()} ranks serve together: its heads and
 * channels of every layer, as specs of a smaller model, and its rows of the head. Immutable.
 *
 * <p>The embedding is whole on every rank: looking a token up needs no sum then.
 *
 * @param plan who holds what
 * @param rank whose share this is, from 0
 */
public record RankShare(SlicePlan plan, int rank) {
  /** Checks that there is such a rank, and that every rank has a head and an input. */
  public RankShare {
    checkArgument(
        rank >= 0 && rank < plan.degree(), "rank (%s) must be less than %s", rank, plan.degree());
    checkArgument(
        plan.degree() == 1 || plan.degree() <= plan.spec().queryHeads(),
        "degree (%s) must not exceed the query heads (%s)",
        plan.degree(),
        plan.spec().queryHeads());
    checkArgument(
        plan.degree() <= plan.spec().width(),
        "degree (%s) must not exceed hidden_size (%s)",
        plan.degree(),
        plan.spec().width());
  }

  /** Returns all of a model, for a rank by itself. */
  public static RankShare whole(ModelSpec spec) {
    return new RankShare(new SlicePlan(spec, 1), 0);
  }

  /** Returns the whole model. */
  public ModelSpec spec() {
    return plan.spec();
  }

  /** Returns whether other ranks hold the rest. */
  public boolean isDivided() {
    return plan.degree() > 1;
  }

  /**
   * Returns what this rank computes of a layer. The bias of an output projection is the first
   * rank's alone, since sums would count it several times. A sub-block of which the rank has
   * nothing is absent here, and its sum is not: see {@link #sumsAttention}.
   */
  public BlockSpec block(int layer) {
    BlockSpec whole = spec().block(layer);
    return isDivided() ? new BlockSpec(own(whole.attention()), own(whole.ffn())) : whole;
  }

  private AttentionSpec own(AttentionSpec whole) {
    return whole.accept(
        new AttentionSpec.Visitor<AttentionSpec>() {
          @Override
          public AttentionSpec visit(AttentionSpec.GroupedQuery attention) {
            return own(attention);
          }

          @Override
          public AttentionSpec visit(AttentionSpec.Linear attention) {
            return attention;
          }

          @Override
          public AttentionSpec visit(AttentionSpec.NoOp attention) {
            return attention;
          }
        });
  }

  private AttentionSpec own(AttentionSpec.GroupedQuery whole) {
    HeadShare heads = HeadShare.of(whole.queryHeads(), whole.kvHeads(), rank, plan.degree());
    return new AttentionSpec.GroupedQuery(
        Math.toIntExact(heads.queryHeads().size()),
        Math.toIntExact(heads.kvHeads().size()),
        whole.headDim(),
        Sets.immutableEnumSet(
            Sets.filter(
                whole.traits(), trait -> rank == 0 || trait != AttentionTrait.OUTPUT_BIAS)));
  }

  private FfnSpec own(FfnSpec whole) {
    return whole.accept(
        new FfnSpec.Visitor<FfnSpec>() {
          @Override
          public FfnSpec visit(FfnSpec.Gated ffn) {
            IndexRange own = IndexRange.share(ffn.channels(), rank, plan.degree());
            return own.isEmpty()
                ? new FfnSpec.NoOp()
                : new FfnSpec.Gated(Math.toIntExact(own.size()));
          }

          @Override
          public FfnSpec visit(FfnSpec.Linear ffn) {
            return ffn;
          }

          @Override
          public FfnSpec visit(FfnSpec.NoOp ffn) {
            return ffn;
          }
        });
  }

  /** Returns whether the attention of a layer ends with a sum over all ranks. */
  public boolean sumsAttention(int layer) {
    return isDivided() && !spec().block(layer).attention().isNoOp();
  }

  /** Returns whether the FFN of a layer ends with a sum over all ranks. */
  public boolean sumsFfn(int layer) {
    return isDivided() && !spec().block(layer).ffn().isNoOp();
  }

  /** Returns which of the normalized input's elements this rank multiplies in linear layers. */
  public IndexRange inputs() {
    return IndexRange.share(spec().width(), rank, plan.degree());
  }

  /** Returns the tokens whose logits this rank computes. */
  public IndexRange vocabulary() {
    return plan.vocabulary(rank);
  }

  /**
   * Returns which of a layer's KV heads this rank keeps; none where no token attends to another.
   */
  public IndexRange kvHeads(int layer) {
    AttentionSpec whole = spec().block(layer).attention();
    return whole.kvHeads() == 0
        ? IndexRange.all(0)
        : HeadShare.of(whole.queryHeads(), whole.kvHeads(), rank, plan.degree()).kvHeads();
  }

  /** Returns how many elements of keys this rank keeps of a token in a layer. */
  public int elementsPerToken(int layer) {
    return KvPages.elementsPerToken(block(layer).attention());
  }

  /**
   * Returns the memory that one page takes on this rank in all layers, in bytes.
   *
   * @param dtypeBytes bytes of an element
   */
  public long bytesPerPage(int dtypeBytes) {
    long elements = 0;
    for (int layer = 0; layer < spec().layers(); layer++) {
      elements += elementsPerToken(layer);
    }
    return 2 * elements * dtypeBytes * KvPages.PAGE_TOKENS;
  }

  /**
   * Returns the tensors of this rank's layers, each with its shape checked and cut as it is handed
   * out; those outside the layers are whole.
   *
   * @param whole the model's tensors
   */
  public WeightSource cut(WeightSource whole) {
    WeightSource checked = whole.checked(spec());
    return isDivided() ? new ShareWeights(this, checked) : checked;
  }
}
