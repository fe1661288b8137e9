package org.nemotron.nas.library;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.activation.HiddenStates;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.GatedFfn;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.nn.RmsNorm;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Tensors;

/** Watches one parent layer on calibration tokens and gathers what its candidates need to know. */
final class LayerObserver implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, R = B * T, D = model width, I = channels.

  /** Channels, and what their costs are computed from, in float32. */
  private static final long CHANNEL_COPIES = 8;

  /** Hidden states, heads and differences of both halves, in float32. */
  private static final long STATE_COPIES = 10;

  private final int layer;
  private final Block block;
  private final Optional<GroupedQueryAttention> attention;
  private final Optional<GatedFfn> ffn;
  private final double eps;
  private final InitSettings settings;
  private Optional<ChannelRanking> channels = Optional.empty();
  private Optional<HeadContribution> heads = Optional.empty();
  private Optional<NormalEquations> narrowFfn = Optional.empty();
  private Optional<NormalEquations> linearFfn = Optional.empty();
  private Optional<NormalEquations> linearAttention = Optional.empty();

  /**
   * Watches a layer.
   *
   * @param block the layer where it is computed; open as long as this object
   * @param eps of the norms
   */
  LayerObserver(Block block, int layer, double eps, InitSettings settings) {
    this.layer = layer;
    this.block = block;
    this.attention = block.spec().attention().accept(new RankedAttention(block));
    this.ffn = block.spec().ffn().accept(new RankedFfn(block));
    this.eps = eps;
    this.settings = settings;
  }

  /** The module whose heads are ranked, where a layer has one. */
  private record RankedAttention(Block block)
      implements AttentionSpec.Visitor<Optional<GroupedQueryAttention>> {
    @Override
    public Optional<GroupedQueryAttention> visit(AttentionSpec.GroupedQuery attention) {
      return Optional.of((GroupedQueryAttention) block.attention());
    }

    @Override
    public Optional<GroupedQueryAttention> visit(AttentionSpec.Linear attention) {
      return Optional.empty();
    }

    @Override
    public Optional<GroupedQueryAttention> visit(AttentionSpec.NoOp attention) {
      return Optional.empty();
    }
  }

  /** The module whose channels are ranked, where a layer has one. */
  private record RankedFfn(Block block) implements FfnSpec.Visitor<Optional<GatedFfn>> {
    @Override
    public Optional<GatedFfn> visit(FfnSpec.Gated ffn) {
      return Optional.of((GatedFfn) block.ffn());
    }

    @Override
    public Optional<GatedFfn> visit(FfnSpec.Linear ffn) {
      return Optional.empty();
    }

    @Override
    public Optional<GatedFfn> visit(FfnSpec.NoOp ffn) {
      return Optional.empty();
    }
  }

  /** Returns what a layer takes on a GPU while it takes in a batch of {@code tokens}. */
  static long workBytes(ModelSpec parent, long tokens) {
    int channels =
        parent.blocks().stream().mapToInt(block -> block.ffn().channels()).max().orElse(0);
    return tokens * Float.BYTES * (CHANNEL_COPIES * channels + STATE_COPIES * parent.width());
  }

  /** Takes in a batch: the hidden states before, between and after the layer's halves. */
  void observe(HiddenStates stream) {
    Tensor before = stream.hiddenState(layer);
    Tensor middle = stream.middle(layer);
    try (NoGradGuard inference = new NoGradGuard()) {
      observeAttention(before, middle.sub(before));
      observeFfn(middle, stream.hiddenState(layer + 1).sub(middle));
    }
  }

  private void observeAttention(Tensor hiddenBTD, Tensor addedBTD) {
    if (attention.isEmpty()) {
      return;
    }
    NamedTensors own = block.attention().tensors();
    if (heads.isEmpty()) {
      int kvHeads = block.spec().attention().kvHeads();
      heads =
          Optional.of(new HeadContribution(single(own.get("self_attn.o_proj.weight")), kvHeads));
    }
    heads.orElseThrow().observe(single(rows(attention.get().heads(hiddenBTD))));
    if (!settings.refit()) {
      return;
    }
    Tensor inputsRD = rows(normalized(own.get("input_layernorm.weight"), hiddenBTD));
    linearAttention = Optional.of(observed(linearAttention, inputsRD, rows(addedBTD)));
  }

  private void observeFfn(Tensor hiddenBTD, Tensor addedBTD) {
    if (ffn.isEmpty()) {
      return;
    }
    NamedTensors own = block.ffn().tensors();
    Tensor channelsRI = single(rows(ffn.get().channels(hiddenBTD)));
    if (channels.isEmpty()) {
      channels = Optional.of(newRanking(single(own.get("mlp.down_proj.weight"))));
    }
    channels.orElseThrow().observe(channelsRI);
    if (!settings.refit()) {
      return;
    }
    Tensor inputsRD = rows(normalized(own.get("post_attention_layernorm.weight"), hiddenBTD));
    narrowFfn = Optional.of(observed(narrowFfn, channelsRI, rows(addedBTD)));
    linearFfn = Optional.of(observed(linearFfn, inputsRD, rows(addedBTD)));
  }

  private ChannelRanking newRanking(Tensor downDI) {
    return switch (settings.channels()) {
      case INDEPENDENT -> new IndependentContribution(downDI);
      case ITERATIVE -> new IterativeElimination(downDI, settings.calibrationBatches());
    };
  }

  /** Sums over many tokens need more bits than bfloat16 has. */
  private static Tensor single(Tensor tensor) {
    return Tensors.cast(tensor, DType.FLOAT32);
  }

  private Tensor normalized(Tensor weight, Tensor hiddenBTD) {
    return new RmsNorm(weight, eps).apply(hiddenBTD);
  }

  private static Tensor rows(Tensor anyBTX) {
    return anyBTX.flatten(0, 1);
  }

  private static NormalEquations observed(
      Optional<NormalEquations> known, Tensor inputsRI, Tensor outputsRD) {
    NormalEquations equations = known.orElseGet(() -> new NormalEquations(inputsRI, outputsRD));
    equations.observe(inputsRI, outputsRD);
    return equations;
  }

  /** Returns what was found out, with the given origins of multi-layer replacements. */
  LayerRanking ranking(ImmutableMap<Integer, Integer> origins) {
    return new LayerRanking(
        channels.map(ChannelRanking::ranked).orElse(ImmutableIntArray.of()),
        heads.map(HeadContribution::ranked).orElse(ImmutableIntArray.of()),
        origins);
  }

  /**
   * Returns the fitted last projection of {@code candidate}, by its name, owned by the current
   * scope; empty where there is no such fit.
   *
   * @param start its starting weights
   * @param kept the channels it keeps, ascending
   */
  ImmutableMap<String, Tensor> fit(FfnSpec candidate, NamedTensors start, ImmutableIntArray kept) {
    return candidate.accept(
        new FfnSpec.Visitor<>() {
          @Override
          public ImmutableMap<String, Tensor> visit(FfnSpec.Gated ffn) {
            return fitted("mlp.down_proj.weight", narrowFfn, start, kept);
          }

          @Override
          public ImmutableMap<String, Tensor> visit(FfnSpec.Linear ffn) {
            return fitted(
                "mlp.linear_mlp.weight", linearFfn, start, all(start, "mlp.linear_mlp.weight"));
          }

          @Override
          public ImmutableMap<String, Tensor> visit(FfnSpec.NoOp ffn) {
            return ImmutableMap.of();
          }
        });
  }

  /** Returns the fitted last projection of {@code candidate}; empty where there is no such fit. */
  ImmutableMap<String, Tensor> fit(AttentionSpec candidate, NamedTensors start) {
    return candidate.accept(
        new AttentionSpec.Visitor<>() {
          @Override
          public ImmutableMap<String, Tensor> visit(AttentionSpec.GroupedQuery attention) {
            return ImmutableMap.of();
          }

          @Override
          public ImmutableMap<String, Tensor> visit(AttentionSpec.Linear attention) {
            String name = "self_attn.linear_attn.weight";
            return fitted(name, linearAttention, start, all(start, name));
          }

          @Override
          public ImmutableMap<String, Tensor> visit(AttentionSpec.NoOp attention) {
            return ImmutableMap.of();
          }
        });
  }

  private static ImmutableMap<String, Tensor> fitted(
      String name,
      Optional<NormalEquations> equations,
      NamedTensors start,
      ImmutableIntArray kept) {
    return equations
        .map(known -> ImmutableMap.of(name, known.solve(kept, start.get(name))))
        .orElse(ImmutableMap.of());
  }

  private static ImmutableIntArray all(NamedTensors start, String name) {
    return ImmutableIntArray.copyOf(IntStream.range(0, (int) start.get(name).size(1)));
  }

  @Override
  public void close() {
    channels.ifPresent(ChannelRanking::close);
    heads.ifPresent(HeadContribution::close);
    narrowFfn.ifPresent(NormalEquations::close);
    linearFfn.ifPresent(NormalEquations::close);
    linearAttention.ifPresent(NormalEquations::close);
  }
}
