package org.nemotron.core.parallel;

import com.google.common.base.VerifyException;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.function.BiFunction;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;

/**
 * What one rank holds of the tensors of a sub-block, by their names below a layer.
 *
 * @param width the model's hidden size
 */
record SubBlockSlices(int width, int rank, int degree)
    implements AttentionSpec.Visitor<ImmutableMap<String, TensorSlice>>,
        FfnSpec.Visitor<ImmutableMap<String, TensorSlice>> {

  @Override
  public ImmutableMap<String, TensorSlice> visit(AttentionSpec.GroupedQuery attention) {
    HeadShare heads = HeadShare.of(attention.queryHeads(), attention.kvHeads(), rank, degree);
    IndexRange queries = heads.queryHeads().times(attention.headDim());
    IndexRange keys = heads.kvHeads().times(attention.headDim());
    return each(
        attention.tensorShapes(width),
        (name, shape) ->
            switch (name) {
              case "self_attn.q_proj.weight", "self_attn.q_proj.bias" -> TensorSlice.rows(queries);
              case "self_attn.k_proj.weight",
                  "self_attn.k_proj.bias",
                  "self_attn.v_proj.weight",
                  "self_attn.v_proj.bias" ->
                  TensorSlice.rows(keys);
              case "self_attn.o_proj.weight" -> TensorSlice.columns(queries);
              case "input_layernorm.weight",
                  "self_attn.o_proj.bias",
                  "self_attn.q_norm.weight",
                  "self_attn.k_norm.weight" ->
                  TensorSlice.whole(shape);
              default -> throw unknown(name);
            });
  }

  @Override
  public ImmutableMap<String, TensorSlice> visit(AttentionSpec.Linear attention) {
    return linear(attention.tensorShapes(width));
  }

  @Override
  public ImmutableMap<String, TensorSlice> visit(AttentionSpec.NoOp attention) {
    return ImmutableMap.of();
  }

  @Override
  public ImmutableMap<String, TensorSlice> visit(FfnSpec.Gated ffn) {
    IndexRange channels = IndexRange.share(ffn.channels(), rank, degree);
    return each(
        ffn.tensorShapes(width),
        (name, shape) ->
            switch (name) {
              case "mlp.gate_proj.weight", "mlp.up_proj.weight" -> TensorSlice.rows(channels);
              case "mlp.down_proj.weight" -> TensorSlice.columns(channels);
              case "post_attention_layernorm.weight" -> TensorSlice.whole(shape);
              default -> throw unknown(name);
            });
  }

  @Override
  public ImmutableMap<String, TensorSlice> visit(FfnSpec.Linear ffn) {
    return linear(ffn.tensorShapes(width));
  }

  @Override
  public ImmutableMap<String, TensorSlice> visit(FfnSpec.NoOp ffn) {
    return ImmutableMap.of();
  }

  /** The input is whole on every rank, which multiplies its part of it: the sum is the others'. */
  private ImmutableMap<String, TensorSlice> linear(
      ImmutableMap<String, ImmutableList<Long>> shapes) {
    IndexRange inputs = IndexRange.share(width, rank, degree);
    return each(
        shapes,
        (name, shape) ->
            shape.size() == 1 ? TensorSlice.whole(shape) : TensorSlice.columns(inputs));
  }

  private static ImmutableMap<String, TensorSlice> each(
      ImmutableMap<String, ImmutableList<Long>> shapes,
      BiFunction<String, ImmutableList<Long>, TensorSlice> slice) {
    return ImmutableMap.copyOf(
        Maps.transformEntries(shapes, (name, shape) -> slice.apply(name, shape)));
  }

  private static VerifyException unknown(String name) {
    return new VerifyException("nothing says how ranks divide " + name);
  }
}
