package org.nemotron.core.nn;

import java.util.Optional;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.NamedTensors;

/**
 * Grouped-query attention with rotary positions: {@code x + o(attend(rope(q), rope(k), v))}, where
 * q, k and v are projections of the normalized input and query head n reads key/value head n / (N /
 * K). Where the family has them, projections add biases, and query and key heads are normalized
 * before they are rotated.
 *
 * <p>Source: Ainslie et al., arXiv:2305.13245.
 */
public final class GroupedQueryAttention implements SubBlock {
  // Shape letters in this file: B = batch, T = tokens, D = model width, N = query heads,
  // K = key/value heads, H = head size.

  private final AttentionSpec.GroupedQuery spec;
  private final NamedTensors tensors;
  private final RotaryEmbedding rotary;
  private final RmsNorm norm;
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final Linear output;
  private final UnaryOperator<Tensor> queryNorm;
  private final UnaryOperator<Tensor> keyNorm;

  GroupedQueryAttention(
      AttentionSpec.GroupedQuery spec, NamedTensors tensors, RotaryEmbedding rotary, double eps) {
    this.spec = spec;
    this.tensors = tensors;
    this.rotary = rotary;
    this.norm = new RmsNorm(tensors.get("input_layernorm.weight"), eps);
    this.query = new Linear(tensors, "self_attn.q_proj");
    this.key = new Linear(tensors, "self_attn.k_proj");
    this.value = new Linear(tensors, "self_attn.v_proj");
    this.output = new Linear(tensors, "self_attn.o_proj");
    boolean normed = spec.has(AttentionTrait.HEAD_NORMS);
    this.queryNorm = normed ? headNorm("self_attn.q_norm.weight", eps) : UnaryOperator.identity();
    this.keyNorm = normed ? headNorm("self_attn.k_norm.weight", eps) : UnaryOperator.identity();
  }

  private UnaryOperator<Tensor> headNorm(String name, double eps) {
    return new RmsNorm(tensors.get(name), eps)::apply;
  }

  @Override
  public Tensor forward(Tensor hiddenBTD) {
    return hiddenBTD.add(output.apply(heads(hiddenBTD)));
  }

  /**
   * Returns what the heads read, before the output projection: from it the importance of heads is
   * measured.
   *
   * @param hiddenBTD {@code [B, T, D]}, the residual stream before this sub-block
   * @return {@code [B, T, N * H]}, owned by the current scope
   */
  public Tensor heads(Tensor hiddenBTD) {
    tensors.checkOpen();
    Tensor normalizedBTD = norm.apply(hiddenBTD);
    Tensor queriesBNTH =
        rotary.apply(queryNorm.apply(project(normalizedBTD, query, spec.queryHeads())), 0);
    Tensor keysBKTH = rotary.apply(keyNorm.apply(project(normalizedBTD, key, spec.kvHeads())), 0);
    Tensor valuesBKTH = project(normalizedBTD, value, spec.kvHeads());
    return torch
        .scaled_dot_product_attention(
            queriesBNTH,
            keysBKTH,
            valuesBKTH,
            new TensorOptional(),
            0.0,
            true,
            new DoubleOptional(),
            true)
        .transpose(1, 2)
        .flatten(2, 3);
  }

  private Tensor project(Tensor normalizedBTD, Linear projection, int heads) {
    long[] shape = {normalizedBTD.size(0), normalizedBTD.size(1), heads, spec.headDim()};
    return projection.apply(normalizedBTD).view(shape).transpose(1, 2);
  }

  @Override
  public Optional<String> lastProjection() {
    return Optional.of("self_attn.o_proj.weight");
  }

  @Override
  public Tensor lastInput(Tensor hiddenBTD) {
    return heads(hiddenBTD);
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }
}
