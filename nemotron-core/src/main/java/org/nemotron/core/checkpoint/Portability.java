package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.Arrays;
import java.util.OptionalInt;
import org.nemotron.core.checkpoint.huggingface.ModelFamily;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * Which engines load a model as this library writes it, and what keeps the others from it.
 * Immutable.
 *
 * <p>A model whose layers are alike is written as its family, and all engines load it. One whose
 * layers differ is written as nemotron-nas, or as AnyModel where its heads are normalized, and for
 * llama.cpp as GGUF.
 *
 * @param obstacles by engine, in the order of layers; empty for an engine that loads the model
 */
public record Portability(ImmutableMap<ServingEngine, ImmutableList<Obstacle>> obstacles) {
  /**
   * Why an engine does not load a model.
   *
   * @param layer the layer, or {@link #WHOLE_MODEL}
   * @param reason a clause
   */
  public record Obstacle(int layer, String reason) {
    /** Stands for no layer of its own. */
    static final int WHOLE_MODEL = -1;

    @Override
    public String toString() {
      return layer == WHOLE_MODEL ? reason : "layer " + layer + ": " + reason;
    }
  }

  /** Returns what each engine does with {@code spec}. */
  public static Portability of(ModelSpec spec) {
    return new Portability(
        Maps.toMap(
            Arrays.asList(ServingEngine.values()), engine -> new Check(spec, engine).obstacles()));
  }

  /** Returns whether {@code engine} loads the model. */
  public boolean loads(ServingEngine engine) {
    return obstacles(engine).isEmpty();
  }

  /** Returns what keeps {@code engine} from loading the model. */
  public ImmutableList<Obstacle> obstacles(ServingEngine engine) {
    return checkNotNull(obstacles.get(engine), "engine");
  }

  /** One model in one engine. */
  private record Check(ModelSpec spec, ServingEngine engine) {
    ImmutableList<Obstacle> obstacles() {
      if (ModelFamily.hasLayersOf(spec)) {
        return ImmutableList.of();
      }
      ImmutableList.Builder<Obstacle> found = ImmutableList.builder();
      found.addAll(ofTheModel());
      OptionalInt firstKvHeads =
          spec.blocks().stream()
              .mapToInt(block -> block.attention().kvHeads())
              .filter(heads -> heads > 0)
              .findFirst();
      for (int layer = 0; layer < spec.layers(); layer++) {
        found.addAll(spec.block(layer).attention().accept(new OfAttention(layer, firstKvHeads)));
        found.addAll(spec.block(layer).ffn().accept(new OfFfn(layer)));
      }
      return found.build();
    }

    private ImmutableList<Obstacle> ofTheModel() {
      if (spec.traits().contains(AttentionTrait.HEAD_NORMS)) {
        return ImmutableList.of(
            new Obstacle(
                Obstacle.WHOLE_MODEL,
                "layers that differ, with normalized query and key heads, need AnyModel, which is"
                    + " not in a release"));
      }
      boolean square = spec.queryHeads() * spec.headDim() == spec.width();
      return engine == ServingEngine.LLAMA_CPP && !spec.traits().isEmpty() && !square
          ? ImmutableList.of(
              new Obstacle(
                  Obstacle.WHOLE_MODEL, "biases need query heads that together are the width"))
          : ImmutableList.of();
    }

    private final class OfAttention implements AttentionSpec.Visitor<ImmutableList<Obstacle>> {
      private final int layer;
      private final OptionalInt firstKvHeads;

      OfAttention(int layer, OptionalInt firstKvHeads) {
        this.layer = layer;
        this.firstKvHeads = firstKvHeads;
      }

      @Override
      public ImmutableList<Obstacle> visit(AttentionSpec.GroupedQuery attention) {
        int common = firstKvHeads.orElse(attention.kvHeads());
        return engine.wantsOneKvCount() && attention.kvHeads() != common
            ? found(attention.kvHeads() + " key/value heads, but earlier layers have " + common)
            : ImmutableList.of();
      }

      @Override
      public ImmutableList<Obstacle> visit(AttentionSpec.Linear attention) {
        return engine.loadsLinear() ? ImmutableList.of() : found("a linear attention is not known");
      }

      @Override
      public ImmutableList<Obstacle> visit(AttentionSpec.NoOp attention) {
        return layer == 0 && engine.wantsFirstAttention()
            ? found("the first layer must have attention")
            : ImmutableList.of();
      }

      private ImmutableList<Obstacle> found(String reason) {
        return ImmutableList.of(new Obstacle(layer, reason));
      }
    }

    private final class OfFfn implements FfnSpec.Visitor<ImmutableList<Obstacle>> {
      private final int layer;

      OfFfn(int layer) {
        this.layer = layer;
      }

      @Override
      public ImmutableList<Obstacle> visit(FfnSpec.Gated ffn) {
        return ImmutableList.of();
      }

      @Override
      public ImmutableList<Obstacle> visit(FfnSpec.Linear ffn) {
        return engine.loadsLinear()
            ? ImmutableList.of()
            : ImmutableList.of(new Obstacle(layer, "a linear FFN is not known"));
      }

      @Override
      public ImmutableList<Obstacle> visit(FfnSpec.NoOp ffn) {
        return ImmutableList.of();
      }
    }
  }
}
