package org.nemotron.nas.library;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * The weights that candidates start from, cut from the parent's: the most important channels,
 * pooled or chosen heads, products of projections.
 *
 * <p>Nothing is copied until {@link #of} is called. Source: Puzzle, arXiv:2411.19146, appendix A.
 */
final class ChildInit {
  private final HeterogeneousModel parent;
  private final ImmutableList<LayerRanking> rankings;
  private final InitSettings.KvHeadStart kvHeadStart;

  ChildInit(
      HeterogeneousModel parent,
      ImmutableList<LayerRanking> rankings,
      InitSettings.KvHeadStart kvHeadStart) {
    this.parent = parent;
    this.rankings = rankings;
    this.kvHeadStart = kvHeadStart;
  }

  /** Returns fresh copies for {@code candidate}, held by the caller. */
  NamedTensors of(Candidate candidate) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard constants = new NoGradGuard();
        Resources held = new Resources()) {
      ImmutableMap<String, Tensor> views = new Views(held).of(candidate);
      ImmutableMap.Builder<String, Tensor> copies = ImmutableMap.builder();
      views.forEach((name, tensor) -> copies.put(name, tensor.contiguous().clone()));
      return NamedTensors.of(copies.buildOrThrow());
    }
  }

  /** Views over the parent's sub-blocks, which {@code held} holds where the model computes. */
  private final class Views implements Candidate.Visitor<ImmutableMap<String, Tensor>> {
    private final Resources held;

    Views(Resources held) {
      this.held = held;
    }

    ImmutableMap<String, Tensor> of(Candidate candidate) {
      return candidate.accept(this);
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.Attention attention) {
      return attention(attention.layer(), attention.spec(), held);
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.Ffn ffn) {
      return ffn(ffn.layer(), ffn.spec(), held);
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.Block block) {
      return block(block.layer(), block.spec());
    }

    @Override
    public ImmutableMap<String, Tensor> visit(Candidate.MultiLayer block) {
      return block(origin(block), block.spec());
    }

    private ImmutableMap<String, Tensor> block(int layer, BlockSpec spec) {
      return ImmutableMap.<String, Tensor>builder()
          .putAll(attention(layer, spec.attention(), held))
          .putAll(ffn(layer, spec.ffn(), held))
          .buildOrThrow();
    }
  }

  /** Returns a sub-block's tensors where the parent computes and in the type in which it does. */
  private NamedTensors here(int layer, SubBlock subBlock, Resources held) {
    NamedTensors own = subBlock.tensors();
    return parent.offloaded().contains(layer)
        ? held.add(
            own.map(tensor -> Tensors.move(tensor, parent.device(), parent.dtype())),
            NamedTensors::close)
        : own;
  }

  private int origin(Candidate.MultiLayer block) {
    return rankings.get(block.layer()).origins().getOrDefault(block.layers(), block.layer());
  }

  private ImmutableMap<String, Tensor> attention(int layer, AttentionSpec spec, Resources held) {
    NamedTensors own = here(layer, parent.block(layer).attention(), held);
    if (spec.equals(parent.spec().block(layer).attention())) {
      return own.asMap();
    }
    return spec.accept(
        new AttentionSpec.Visitor<>() {
          @Override
          public ImmutableMap<String, Tensor> visit(AttentionSpec.GroupedQuery child) {
            return switch (kvHeadStart) {
              case MEAN_POOLING -> KvHeadWeights.meanPooled(own, child);
              case BEST_HEADS -> KvHeadWeights.best(own, child, rankings.get(layer).kvHeads());
            };
          }

          @Override
          public ImmutableMap<String, Tensor> visit(AttentionSpec.Linear child) {
            return ImmutableMap.of(
                "input_layernorm.weight", own.get("input_layernorm.weight"),
                "self_attn.linear_attn.weight", valuesToOutput(layer, own));
          }

          @Override
          public ImmutableMap<String, Tensor> visit(AttentionSpec.NoOp child) {
            return ImmutableMap.of();
          }
        });
  }

  /**
   * {@code W_o W_v}, each value head repeated for the query heads that read it. Biases have no
   * place in a linear layer without one and are left to the fit.
   */
  private Tensor valuesToOutput(int layer, NamedTensors own) {
    AttentionSpec spec = parent.spec().block(layer).attention();
    int groupSize = spec.queryHeads() / spec.kvHeads();
    long width = parent.spec().width();
    Tensor values = own.get("self_attn.v_proj.weight");
    Tensor repeated =
        values
            .view(spec.kvHeads(), 1, spec.headDim(), width)
            .expand(spec.kvHeads(), groupSize, spec.headDim(), width)
            .reshape((long) spec.queryHeads() * spec.headDim(), width);
    return own.get("self_attn.o_proj.weight").mm(repeated);
  }

  private ImmutableMap<String, Tensor> ffn(int layer, FfnSpec spec, Resources held) {
    NamedTensors own = here(layer, parent.block(layer).ffn(), held);
    if (spec.equals(parent.spec().block(layer).ffn())) {
      return own.asMap();
    }
    return spec.accept(
        new FfnSpec.Visitor<>() {
          @Override
          public ImmutableMap<String, Tensor> visit(FfnSpec.Gated child) {
            return narrowed(own, keptChannels(layer, child.channels()));
          }

          @Override
          public ImmutableMap<String, Tensor> visit(FfnSpec.Linear child) {
            return ImmutableMap.of(
                "post_attention_layernorm.weight", own.get("post_attention_layernorm.weight"),
                "mlp.linear_mlp.weight",
                    own.get("mlp.down_proj.weight").mm(own.get("mlp.up_proj.weight")));
          }

          @Override
          public ImmutableMap<String, Tensor> visit(FfnSpec.NoOp child) {
            return ImmutableMap.of();
          }
        });
  }

  /**
   * Returns the channels that an FFN of {@code channels} keeps of layer {@code layer}, ascending.
   */
  ImmutableIntArray keptChannels(int layer, int channels) {
    return ImmutableIntArray.copyOf(
        rankings.get(layer).channels().subArray(0, channels).stream().sorted());
  }

  private static ImmutableMap<String, Tensor> narrowed(NamedTensors own, ImmutableIntArray kept) {
    long[] indices = kept.stream().asLongStream().toArray();
    Tensor index =
        Tensors.move(
            Tensors.of(indices, indices.length),
            Tensors.device(own.get("mlp.gate_proj.weight")),
            DType.INT64);
    return ImmutableMap.of(
        "post_attention_layernorm.weight", own.get("post_attention_layernorm.weight"),
        "mlp.gate_proj.weight", own.get("mlp.gate_proj.weight").index_select(0, index),
        "mlp.up_proj.weight", own.get("mlp.up_proj.weight").index_select(0, index),
        "mlp.down_proj.weight", own.get("mlp.down_proj.weight").index_select(1, index));
  }
}
