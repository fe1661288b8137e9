package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * What one layer does for its feed-forward network (FFN): the parent's own operation, or a cheaper
 * one. Immutable.
 *
 * <p>Source: Puzzle, arXiv:2411.19146, search space.
 */
public sealed interface FfnSpec {
  /**
   * Returns the name used in tables and file names: {@code w704}, {@code linear} or {@code noop}.
   */
  String id();

  /**
   * Returns the intermediate size: how many channels a token has inside; 0 where there are none.
   */
  int channels();

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
    /** Visits a gated FFN. */
    R visit(Gated ffn);

    /** Visits a linear layer. */
    R visit(Linear ffn);

    /** Visits an absent sub-block. */
    R visit(NoOp ffn);
  }

  /** {@code down(silu(gate(x)) * up(x))} with an intermediate size of {@code channels}. */
  record Gated(int channels) implements FfnSpec {
    /** Checks that there is a channel. */
    public Gated {
      checkArgument(channels > 0, "channels (%s) must be positive", channels);
    }

    @Override
    public String id() {
      return "w" + channels;
    }

    @Override
    public boolean isNoOp() {
      return false;
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return ImmutableMap.of(
          "post_attention_layernorm.weight", Shapes.of(width),
          "mlp.gate_proj.weight", Shapes.of(channels, width),
          "mlp.up_proj.weight", Shapes.of(channels, width),
          "mlp.down_proj.weight", Shapes.of(width, channels));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** One linear layer on the normalized input. */
  record Linear() implements FfnSpec {
    @Override
    public String id() {
      return "linear";
    }

    @Override
    public int channels() {
      return 0;
    }

    @Override
    public boolean isNoOp() {
      return false;
    }

    @Override
    public ImmutableMap<String, ImmutableList<Long>> tensorShapes(int width) {
      return ImmutableMap.of(
          "post_attention_layernorm.weight", Shapes.of(width),
          "mlp.linear_mlp.weight", Shapes.of(width, width));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** No FFN: the hidden states pass through unchanged. */
  record NoOp() implements FfnSpec {
    @Override
    public String id() {
      return "noop";
    }

    @Override
    public int channels() {
      return 0;
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
