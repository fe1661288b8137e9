package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.tensor.NamedTensors;

/**
 * Grouped-query attention with rotary positions: {@code x + o(attend(rope(q), rope(k), v))}, where
 * q, k and v are projections of the normalised input and query head n reads key/value head n / (N /
 * K).
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
  private final Tensor queryWeight;
  private final Tensor keyWeight;
  private final Tensor valueWeight;
  private final Tensor outputWeight;

  GroupedQueryAttention(
      AttentionSpec.GroupedQuery spec, NamedTensors tensors, RotaryEmbedding rotary, double eps) {
    this.spec = spec;
    this.tensors = tensors;
    this.rotary = rotary;
    this.norm = new RmsNorm(tensors.get("input_layernorm.weight"), eps);
    this.queryWeight = tensors.get("self_attn.q_proj.weight");
    this.keyWeight = tensors.get("self_attn.k_proj.weight");
    this.valueWeight = tensors.get("self_attn.v_proj.weight");
    this.outputWeight = tensors.get("self_attn.o_proj.weight");
  }

  @Override
  public Tensor forward(Tensor hiddenBTD, AttentionContext context) {
    return hiddenBTD.add(torch.linear(heads(hiddenBTD, context), outputWeight));
  }

  /**
   * Returns what the heads read, before the output projection: from it the importance of heads is
   * measured.
   *
   * @param hiddenBTD {@code [B, T, D]}, the residual stream before this sub-block
   * @param context where earlier keys and values are
   * @return {@code [B, T, N * H]}, owned by the current scope
   */
  public Tensor heads(Tensor hiddenBTD, AttentionContext context) {
    Tensor normalisedBTD = norm.apply(hiddenBTD);
    long start = context.start();
    Tensor queriesBNTH =
        rotary.apply(project(normalisedBTD, queryWeight, spec.queryHeads()), start);
    Tensor keysBKTH = rotary.apply(project(normalisedBTD, keyWeight, spec.kvHeads()), start);
    Tensor valuesBKTH = project(normalisedBTD, valueWeight, spec.kvHeads());
    return context.attend(queriesBNTH, keysBKTH, valuesBKTH).transpose(1, 2).flatten(2, 3);
  }

  private Tensor project(Tensor normalisedBTD, Tensor weight, int heads) {
    long[] shape = {normalisedBTD.size(0), normalisedBTD.size(1), heads, spec.headDim()};
    return torch.linear(normalisedBTD, weight).view(shape).transpose(1, 2);
  }

  @Override
  public NamedTensors tensors() {
    return tensors;
  }

  AttentionSpec.GroupedQuery spec() {
    return spec;
  }

  Tensor normWeightD() {
    return tensors.get("input_layernorm.weight");
  }

  Tensor queryWeight() {
    return queryWeight;
  }

  Tensor keyWeight() {
    return keyWeight;
  }

  Tensor valueWeight() {
    return valueWeight;
  }

  Tensor outputWeight() {
    return outputWeight;
  }
}
