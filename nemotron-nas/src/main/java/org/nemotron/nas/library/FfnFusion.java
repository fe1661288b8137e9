package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * FFN fusion: FFNs that follow each other without an attention between them become one that is as
 * wide as all of them. The same parameters are read in one product after another instead of
 * several, which a GPU, and several that share a layer, do in less time.
 *
 * <p>All of them then read what the first one read, which changes the model: each no longer sees
 * what those before it added. Their norms are folded into their projections, so that nothing else
 * changes. How much it costs has to be measured, and distillation afterwards wins some of it back.
 *
 * <p>Source: Bercovich et al., FFN Fusion, arXiv:2503.18908, which has one norm for all, and leaves
 * out the last FFN of a run, whose fusion costs most.
 */
public final class FfnFusion {
  // Shape letters in this file: D = model width, I = intermediate channels.

  private static final String NORM = "post_attention_layernorm.weight";
  private static final String GATE = "mlp.gate_proj.weight";
  private static final String UP = "mlp.up_proj.weight";
  private static final String DOWN = "mlp.down_proj.weight";

  private FfnFusion() {}

  /**
   * Layers whose FFNs can be fused: the first and the last one have a gated FFN, and none but the
   * first has an attention.
   *
   * @param first that the fused FFN stands in
   * @param last whose FFN is fused
   */
  public record Run(int first, int last) {
    /** Checks that there are two layers. */
    public Run {
      checkArgument(0 <= first, "first (%s) must not be negative", first);
      checkArgument(first < last, "first (%s) must be before last (%s)", first, last);
    }
  }

  /** Returns the longest runs of {@code model}, in their order; none where there is no such run. */
  public static ImmutableList<Run> runs(ModelSpec model) {
    ImmutableList.Builder<Run> runs = ImmutableList.builder();
    int first = 0;
    while (first < model.layers()) {
      int last = first;
      if (isGated(model.block(first))) {
        for (int next = first + 1; next < model.layers() && follows(model.block(next)); next++) {
          if (isGated(model.block(next))) {
            last = next;
          }
        }
        if (last > first) {
          runs.add(new Run(first, last));
        }
      }
      first = last + 1;
    }
    return runs.build();
  }

  private static boolean isGated(BlockSpec block) {
    return block.ffn().channels() > 0;
  }

  private static boolean follows(BlockSpec block) {
    return block.attention().isNoOp() && (isGated(block) || block.ffn().isNoOp());
  }

  /**
   * Returns {@code model} with the FFNs of {@code run} fused in its first layer; the layers behind
   * it are empty. Tensors of other layers are shared with {@code model}; the caller closes it.
   *
   * @throws IllegalArgumentException if the model has no such run
   */
  public static HeterogeneousModel fuse(HeterogeneousModel model, Run run) {
    ModelSpec spec = model.spec();
    checkArgument(
        run.last() < spec.layers(), "%s must be within the %s layers", run, spec.layers());
    List<Integer> gated = new ArrayList<>();
    int channels = 0;
    for (int layer = run.first(); layer <= run.last(); layer++) {
      BlockSpec block = spec.block(layer);
      boolean fits = layer == run.first() ? isGated(block) : follows(block);
      checkArgument(fits, "%s cannot be fused: layer %s is %s", run, layer, block.id());
      if (isGated(block)) {
        gated.add(layer);
        channels += block.ffn().channels();
      }
    }
    checkArgument(gated.size() > 1, "%s has one gated FFN only", run);
    Map<Integer, BlockSpec> specs = new HashMap<>();
    Map<Integer, NamedTensors> weights = new HashMap<>();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open();
        NoGradGuard inference = new NoGradGuard()) {
      specs.put(
          run.first(),
          new BlockSpec(spec.block(run.first()).attention(), new FfnSpec.Gated(channels)));
      weights.put(
          run.first(),
          made.add(NamedTensors.of(fused(model, run.first(), gated)), NamedTensors::close));
      for (int layer = run.first() + 1; layer <= run.last(); layer++) {
        specs.put(layer, new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.NoOp()));
        weights.put(layer, made.add(NamedTensors.none(), NamedTensors::close));
      }
      return model.withBlocks(specs, weights);
    }
  }

  /** Returns the tensors of the first layer: its attention, and the wide FFN. */
  private static Map<String, Tensor> fused(
      HeterogeneousModel model, int first, List<Integer> gated) {
    Map<String, Tensor> tensors = new HashMap<>(model.block(first).attention().tensors().asMap());
    Tensor normD = model.block(first).ffn().tensors().get(NORM);
    tensors.put(NORM, torch.ones_like(normD.detach()));
    tensors.put(GATE, joined(model, gated, 0, ffn -> folded(ffn, GATE)));
    tensors.put(UP, joined(model, gated, 0, ffn -> folded(ffn, UP)));
    tensors.put(DOWN, joined(model, gated, 1, ffn -> ffn.get(DOWN).detach()));
    return ImmutableMap.copyOf(tensors);
  }

  private static Tensor joined(
      HeterogeneousModel model,
      List<Integer> layers,
      int dimension,
      Function<NamedTensors, Tensor> part) {
    // Joined along the first dimension, of which a transposed matrix has the other one.
    List<Tensor> parts =
        layers.stream()
            .map(layer -> part.apply(model.block(layer).ffn().tensors()))
            .map(tensor -> dimension == 0 ? tensor : tensor.t())
            .toList();
    Tensor joined = Tensors.joined(parts);
    return (dimension == 0 ? joined : joined.t()).contiguous();
  }

  /** Returns a projection of what is normalized without a weight, in place of one with it. */
  private static Tensor folded(NamedTensors ffn, String name) {
    Tensor weightID = ffn.get(name).detach();
    Tensor normD = Tensors.cast(ffn.get(NORM).detach(), DType.FLOAT32);
    return Tensors.cast(Tensors.cast(weightID, DType.FLOAT32).mul(normD), DType.of(weightID));
  }
}
