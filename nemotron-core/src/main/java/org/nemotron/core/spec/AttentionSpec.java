package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;

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

  /**
   * Returns how much the KV cache grows per token, in bytes, when an element takes {@code
   * dtypeBytes}: keys plus values.
   */
  long kvBytesPerToken(int dtypeBytes);

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

    /** Visits a linear replacement. */
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
    public long kvBytesPerToken(int dtypeBytes) {
      return 2L * kvHeads * headDim * dtypeBytes;
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
   * One linear layer on the normalized input: each token sees only itself, and nothing is cached.
   */
  record Linear() implements AttentionSpec {
    @Override
    public String id() {
      return "linear";
    }

    @Override
    public long kvBytesPerToken(int dtypeBytes) {
      return 0;
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

  /** No attention: the residual stream passes through unchanged. */
  record NoOp() implements AttentionSpec {
    @Override
    public String id() {
      return "noop";
    }

    @Override
    public long kvBytesPerToken(int dtypeBytes) {
      return 0;
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
