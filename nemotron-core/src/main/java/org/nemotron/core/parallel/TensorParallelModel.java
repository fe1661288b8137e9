package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.RmsNorm;
import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * One rank of a model that several compute together: the reference, in LibTorch's operations, for
 * engines that do the same faster.
 *
 * <p>Every rank makes the same calls in the same order. Each sub-block gives a partial sum, which
 * an all-gather and additions in the order of the ranks make whole, so that the residual stream has
 * the same bits everywhere, and every rank finds the same token by itself. A rank that fails must
 * say so by {@link Communicator#failed}; one that is gone or stands still ends the others' calls
 * with a {@link org.nemotron.core.distributed.RankFailureException} that names it.
 *
 * <p>Holds its slices until it closes; not the communicator. Used by one thread at a time. Closing
 * twice is harmless; use after close is refused.
 */
public final class TensorParallelModel implements AutoCloseable {
  // Shape letters in this file: B = sequences, T = tokens, D = model width, V = vocabulary,
  // R = the rank's rows of it.

  private final SlicePlan plan;
  private final int rank;
  private final NamedTensors nonBlock;
  private final ImmutableList<Layer> layers;
  private final RankSums sums;
  private final RankVocabulary vocabulary;
  private final Resources parts;

  /** A layer's two halves. */
  private record Layer(BlockSpec spec, RankSubBlock attention, RankSubBlock ffn) {}

  private TensorParallelModel(SlicePlan plan, WeightSource slices, Communicator ranks) {
    this.plan = plan;
    this.rank = ranks.rank();
    this.sums = new RankSums(ranks);
    this.vocabulary =
        new RankVocabulary(
            plan.spec().vocabularySize(), plan.vocabulary(rank), plan.mostVocabularyRows(), sums);
    try (Resources made = new Resources()) {
      this.nonBlock = made.add(nonBlock(slices), NamedTensors::close);
      Tensor embedding = nonBlock.get("model.embed_tokens.weight");
      RotaryEmbedding rotary =
          made.add(
              new RotaryEmbedding(
                  plan.spec().rope(),
                  plan.spec().headDim(),
                  plan.spec().maxPositions(),
                  DType.of(embedding),
                  Tensors.device(embedding)),
              RotaryEmbedding::close);
      ImmutableList.Builder<Layer> each = ImmutableList.builder();
      for (int layer = 0; layer < plan.spec().layers(); layer++) {
        try (NamedTensors own = layer(slices, layer)) {
          each.add(layer(plan.spec().block(layer), own, rotary, made));
        }
      }
      this.layers = each.build();
      this.parts = made.complete();
    }
  }

  /**
   * Makes the model of this rank.
   *
   * @param slices the rank's tensors, such as {@link SlicedWeights} or {@code ModelReader.slices}
   *     give; read at once
   * @param ranks as many as the plan divides the model among
   * @throws IllegalArgumentException if there are more or fewer, or a slice has another shape
   */
  public static TensorParallelModel of(SlicePlan plan, WeightSource slices, Communicator ranks) {
    checkArgument(
        ranks.size() == plan.degree(),
        "%s ranks must be as many as the model is divided among (%s)",
        ranks.size(),
        plan.degree());
    return new TensorParallelModel(plan, slices, ranks);
  }

  private NamedTensors nonBlock(WeightSource slices) {
    ImmutableMap<String, ImmutableList<Long>> shapes = plan.shapes(rank);
    return held(plan.nonBlockSlices(rank), "", shapes, slices::get);
  }

  private NamedTensors layer(WeightSource slices, int layer) {
    return held(
        plan.layerSlices(layer, rank),
        ModelSpec.layerPrefix(layer),
        plan.shapes(rank),
        name -> slices.get(layer, name));
  }

  /** Where a tensor comes from, by its name. */
  private interface Source {
    Tensor get(String name);
  }

  private static NamedTensors held(
      ImmutableMap<String, TensorSlice> slices,
      String prefix,
      ImmutableMap<String, ImmutableList<Long>> shapes,
      Source source) {
    try (NativeScope scope = NativeScope.open()) {
      ImmutableMap.Builder<String, Tensor> held = ImmutableMap.builder();
      for (String name : slices.keySet()) {
        Tensor slice = source.get(name);
        Tensors.checkShape(
            prefix + name, slice, shapes.getOrDefault(prefix + name, ImmutableList.of()));
        held.put(name, slice);
      }
      return NamedTensors.of(held.buildOrThrow());
    }
  }

  private Layer layer(BlockSpec spec, NamedTensors own, RotaryEmbedding rotary, Resources made) {
    RankSubBlocks maker = new RankSubBlocks(plan, rank, own, rotary);
    RankSubBlock attention = made.add(spec.attention().accept(maker), RankSubBlock::close);
    RankSubBlock ffn = made.add(spec.ffn().accept(maker), RankSubBlock::close);
    return new Layer(spec, attention, ffn);
  }

  /** Returns which slices this and the other ranks hold. */
  public SlicePlan plan() {
    return plan;
  }

  /** Returns the memory that this rank's slices take, in bytes. */
  public long weightBytes() {
    return plan.parameters(rank) * DType.of(embedding()).bytes();
  }

  private Tensor embedding() {
    return nonBlock.get("model.embed_tokens.weight");
  }

  /**
   * Returns a session that keeps keys and values of this rank's heads, which the caller closes.
   *
   * @param sequences as many have each step
   * @param capacity tokens of each, at most
   */
  public TensorParallelSession newSession(int sequences, int capacity) {
    nonBlock.checkOpen();
    return new TensorParallelSession(this, sequences, capacity);
  }

  /**
   * Returns the logits of every position: {@code [B, T, V]}, float32, the same bits on all ranks,
   * owned by the current scope.
   *
   * @param idsBT token ids, int64, the same on all ranks
   * @throws IllegalArgumentException if an id is outside the vocabulary
   */
  public Tensor logits(Tensor idsBT) {
    return NativeScope.only(
        () -> {
          try (TensorParallelSession session =
              newSession((int) idsBT.size(0), (int) idsBT.size(1))) {
            return vocabulary.gathered(session.ownLogits(idsBT), plan.degree());
          }
        });
  }

  /** Returns the residual stream after all layers, {@code [B, T, D]}. */
  Tensor hidden(Tensor idsBT, ImmutableList<RankKvCache> caches) {
    Tensor hidden = vocabulary.embed(idsBT, embedding());
    for (int layer = 0; layer < layers.size(); layer++) {
      Tensor before = hidden;
      RankSubBlock attention = layers.get(layer).attention();
      RankSubBlock ffn = layers.get(layer).ffn();
      RankKvCache cache = caches.get(layer);
      hidden =
          NativeScope.only(() -> ffn.forward(attention.forward(before, cache, sums), cache, sums));
    }
    return hidden;
  }

  /** Returns this rank's logits of hidden states, {@code [B, T, R]}, float32. */
  Tensor head(Tensor hiddenBTD) {
    Tensor head = plan.spec().tiedEmbeddings() ? embedding() : nonBlock.get("lm_head.weight");
    Tensor normalizedBTD =
        new RmsNorm(nonBlock.get("model.norm.weight"), plan.spec().rmsNormEps()).apply(hiddenBTD);
    return Tensors.cast(torch.linear(normalizedBTD, head), DType.FLOAT32);
  }

  /** Returns the likeliest token of each sequence by this rank's logits and the others'. */
  ImmutableIntArray likeliest(Tensor logitsBR) {
    return vocabulary.likeliest(logitsBR);
  }

  /** Adds empty caches of all layers to {@code made}, and returns them. */
  ImmutableList<RankKvCache> newCaches(int sequences, int capacity, Resources made) {
    DType dtype = DType.of(embedding());
    Device device = Tensors.device(embedding());
    ImmutableList.Builder<RankKvCache> caches = ImmutableList.builder();
    for (Layer layer : layers) {
      RankKvCache cache =
          new RankKvCache(
              plan.layers().kvCache(layer.spec().attention(), rank),
              sequences,
              capacity,
              dtype,
              device);
      caches.add(made.add(cache, RankKvCache::close));
    }
    return caches.build();
  }

  @Override
  public void close() {
    parts.close();
  }
}
