package org.nemotron.core.parallel;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.nn.RmsNorm;
import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Tensors;

/** Grouped-query attention of the heads that one rank has. */
final class RankAttention implements RankSubBlock {
  // Shape letters in this file: B = sequences, T = new tokens, P = tokens so far, D = model width,
  // N = the rank's query heads, K = its key/value heads, H = head size.

  private final AttentionSpec.GroupedQuery spec;
  private final HeadShare heads;
  private final NamedTensors slices;
  private final RotaryEmbedding rotary;
  private final double eps;

  RankAttention(
      AttentionSpec.GroupedQuery spec,
      HeadShare heads,
      NamedTensors slices,
      RotaryEmbedding rotary,
      double eps) {
    this.spec = spec;
    this.heads = heads;
    this.slices = slices;
    this.rotary = rotary;
    this.eps = eps;
  }

  @Override
  public Tensor partial(Tensor hiddenBTD, RankKvCache cache) {
    if (heads.queryHeads().isEmpty()) {
      return torch.zeros_like(hiddenBTD);
    }
    Tensor normalizedBTD = norm("input_layernorm.weight", hiddenBTD);
    long position = cache.tokens();
    Tensor queriesBNTH = projected(normalizedBTD, "q", heads.queryHeads().size());
    Tensor keysBKTH = projected(normalizedBTD, "k", heads.kvHeads().size());
    Tensor valuesBKTH = projected(normalizedBTD, "v", heads.kvHeads().size());
    if (spec.has(AttentionTrait.HEAD_NORMS)) {
      queriesBNTH = norm("self_attn.q_norm.weight", queriesBNTH);
      keysBKTH = norm("self_attn.k_norm.weight", keysBKTH);
    }
    cache.add(rotary.apply(keysBKTH, position), valuesBKTH);
    Tensor attendedBTN = attended(rotary.apply(queriesBNTH, position), cache);
    return torch.linear(attendedBTN, slices.get("self_attn.o_proj.weight"));
  }

  @Override
  public @Nullable Tensor bias() {
    return slices.asMap().get("self_attn.o_proj.bias");
  }

  private Tensor norm(String name, Tensor input) {
    return new RmsNorm(slices.get(name), eps).apply(input);
  }

  private Tensor projected(Tensor normalizedBTD, String which, long count) {
    Tensor weight = slices.get("self_attn." + which + "_proj.weight");
    Tensor bias = slices.asMap().get("self_attn." + which + "_proj.bias");
    Tensor made =
        bias == null
            ? torch.linear(normalizedBTD, weight)
            : torch.linear(normalizedBTD, weight, new TensorOptional(bias));
    long[] shape = {normalizedBTD.size(0), normalizedBTD.size(1), count, spec.headDim()};
    return made.view(shape).transpose(1, 2);
  }

  /**
   * Returns what the heads read of all tokens up to each of the new ones, {@code [B, T, N * H]}.
   */
  private Tensor attended(Tensor queriesBNTH, RankKvCache cache) {
    long tokens = queriesBNTH.size(2);
    boolean begins = cache.tokens() == tokens;
    TensorOptional mask =
        begins || tokens == 1 ? new TensorOptional() : new TensorOptional(upTo(queriesBNTH, cache));
    return torch
        .scaled_dot_product_attention(
            queriesBNTH,
            cache.keys(),
            cache.values(),
            mask,
            0.0,
            begins,
            new DoubleOptional(),
            true)
        .transpose(1, 2)
        .flatten(2, 3);
  }

  /** Returns which tokens each of the new ones sees, {@code [T, P]}. */
  private static Tensor upTo(Tensor queriesBNTH, RankKvCache cache) {
    long tokens = queriesBNTH.size(2);
    long[] all = new long[Math.toIntExact(tokens * cache.tokens())];
    for (int index = 0; index < all.length; index++) {
      long token = cache.tokens() - tokens + index / cache.tokens();
      all[index] = index % cache.tokens() <= token ? 1 : 0;
    }
    return Tensors.toDevice(Tensors.of(all, tokens, cache.tokens()), Tensors.device(queriesBNTH))
        .to(torch.ScalarType.Bool);
  }

  @Override
  public void close() {
    slices.close();
  }
}
