package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.Set;

/**
 * What one layer does for attention: the parent's own operation, or a cheaper one. Immutable.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, search space.
 */
public sealed interface AttentionSpec {
  /**
   * Returns the name used in tables and file names: {@code kv4}, {@code linear} or {@code noop}.
   */
  String id();

  /** Returns the number of query heads; 0 where no token attends to another. */
  int queryHeads();

  /** Returns the number of key/value heads; 0 where no token attends to another. */
  int kvHeads();

  /** Returns the size of a head; 0 where there is none. */
  int headDim();

  /** Returns what the family adds to the projections of the heads; empty where there is none. */
  ImmutableSet<AttentionTrait> traits();

  /** Returns this attention with other traits; one without heads stays as it is. */
  AttentionSpec withTraits(Set<AttentionTrait> others);

  /** Returns what the layer keeps of the tokens that it has seen. */
  KvCacheSpec kvCache();

  /** Returns whether nothing is computed: the hidden states pass through unchanged. */
  boolean isNoOp();

  /**
   * Returns the tensors of this sub-block and their shapes, by their Hugging Face names below
   * {@code model.layers.N.}; projections are {@code [out, in]}.
   *
   * @param width the model's hidden size
   */
  ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width);

  /** Returns the number of parameters, the sub-block's norm included. */
  default long parameters(int width) {
    return Shapes.elements(tensorShapes(width).values());
  }

  /** Returns what {@code visitor} makes of this variant. */
  <R> R accept(Visitor<R> visitor);

  /** One method per variant, so that a new variant breaks every consumer at compile time. */
  interface Visitor<R> {
    /** Visits grouped-query attention. */
    R visit(GroupedQuery attention);

    /** Visits a linear layer. */
    R visit(Linear attention);

    /** Visits an absent sub-block. */
    R visit(NoOp attention);
  }

  /**
   * Grouped-query attention: {@code queryHeads} query heads sharing {@code kvHeads} key/value heads
   * of {@code headDim}.
   *
   * @param queryHeads a multiple of {@code kvHeads}
   * @param kvHeads heads that the KV cache holds
   * @param headDim size of a head, even
   * @param traits what the family adds; a child keeps its parent's
   */
  record GroupedQuery(int queryHeads, int kvHeads, int headDim, ImmutableSet<AttentionTrait> traits)
      implements AttentionSpec {
    /** Checks that the query heads divide evenly and that rotary pairs exist. */
    public GroupedQuery {
      checkArgument(
          kvHeads > 0 && queryHeads > 0 && queryHeads % kvHeads == 0,
          "queryHeads (%s) must be a positive multiple of kvHeads (%s)",
          queryHeads,
          kvHeads);
      checkArgument(
          headDim > 0 && headDim % 2 == 0, "headDim (%s) must be positive and even", headDim);
      traits = Sets.immutableEnumSet(traits);
    }

    /** Makes one without traits, as Llama and Mistral have it. */
    public GroupedQuery(int queryHeads, int kvHeads, int headDim) {
      this(queryHeads, kvHeads, headDim, ImmutableSet.of());
    }

    /** Returns whether this attention has {@code trait}. */
    public boolean has(AttentionTrait trait) {
      return traits.contains(trait);
    }

    @Override
    public GroupedQuery withTraits(Set<AttentionTrait> others) {
      return new GroupedQuery(queryHeads, kvHeads, headDim, ImmutableSet.copyOf(others));
    }

    /** Returns this attention with another number of key/value heads. */
    public GroupedQuery withKvHeads(int others) {
      return new GroupedQuery(queryHeads, others, headDim, traits);
    }

    /** Returns how many query heads share one key/value head. */
    public int groupSize() {
      return queryHeads / kvHeads;
    }

    @Override
    public String id() {
      return "kv" + kvHeads;
    }

    @Override
    public KvCacheSpec kvCache() {
      return new KvCacheSpec.Full(kvHeads, headDim);
    }

    @Override
    public boolean isNoOp() {
      return false;
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      long queries = (long) queryHeads * headDim;
      long keys = (long) kvHeads * headDim;
      ImmutableMap.Builder<String, ImmutableList<Long>> shapes = ImmutableMap.builder();
      shapes.put("input_layernorm.weight", Shapes.of(width));
      shapes.put("self_attn.q_proj.weight", Shapes.of(queries, width));
      shapes.put("self_attn.k_proj.weight", Shapes.of(keys, width));
      shapes.put("self_attn.v_proj.weight", Shapes.of(keys, width));
      shapes.put("self_attn.o_proj.weight", Shapes.of(width, queries));
      if (has(AttentionTrait.INPUT_BIASES)) {
        shapes.put("self_attn.q_proj.bias", Shapes.of(queries));
        shapes.put("self_attn.k_proj.bias", Shapes.of(keys));
        shapes.put("self_attn.v_proj.bias", Shapes.of(keys));
      }
      if (has(AttentionTrait.OUTPUT_BIAS)) {
        shapes.put("self_attn.o_proj.bias", Shapes.of(width));
      }
      if (has(AttentionTrait.HEAD_NORMS)) {
        shapes.put("self_attn.q_norm.weight", Shapes.of(headDim));
        shapes.put("self_attn.k_norm.weight", Shapes.of(headDim));
      }
      return shapes.buildOrThrow();
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /**
   * What mixes no tokens: each sees only itself, so that there are no heads and nothing is cached.
   */
  sealed interface PositionWise extends AttentionSpec {
    @Override
    default int queryHeads() {
      return 0;
    }

    @Override
    default int kvHeads() {
      return 0;
    }

    @Override
    default int headDim() {
      return 0;
    }

    @Override
    default ImmutableSet<AttentionTrait> traits() {
      return ImmutableSet.of();
    }

    @Override
    default AttentionSpec withTraits(Set<AttentionTrait> others) {
      return this;
    }

    @Override
    default KvCacheSpec kvCache() {
      return new KvCacheSpec.None();
    }
  }

  /** One linear layer on the normalized input. */
  record Linear() implements PositionWise {
    @Override
    public String id() {
      return "linear";
    }

    @Override
    public boolean isNoOp() {
      return false;
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return ImmutableMap.of(
          "input_layernorm.weight", Shapes.of(width),
          "self_attn.linear_attn.weight", Shapes.of(width, width));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** No attention: the hidden states pass through unchanged. */
  record NoOp() implements PositionWise {
    @Override
    public String id() {
      return "noop";
    }

    @Override
    public boolean isNoOp() {
      return true;
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return ImmutableMap.of();
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }
}
