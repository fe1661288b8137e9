package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * A Llama-style decoder whose layers may differ: parent and child alike.
 *
 * <p>Embedding, layers, final norm, head. Layers add to a residual stream; see {@link SubBlock}.
 *
 * <p>Layers may be <em>offloaded</em>: their tensors then lie in host memory or in the files of a
 * checkpoint, in the type of these, and come to the device of embedding and head in turn, by a
 * {@code LayerStreamer}. {@link #block} gives them as they lie; methods that compute refuse them.
 *
 * <p>Holds its tensors until it closes; models made by {@link #withBlock} share the tensors of the
 * layers that they have in common. Safe for use by several threads as long as nobody changes the
 * tensors. Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class HeterogeneousModel implements AutoCloseable {
  // Shape letters in this file: B = batch, T = tokens, D = model width, V = vocabulary.

  private final ModelSpec spec;
  private final NamedTensors nonBlock;
  private final RotaryEmbedding rotary;
  private final ImmutableList<Block> blocks;
  private final ImmutableSet<Integer> offloaded;
  private final Tensor embeddingVD;
  private final Tensor headVD;
  private final DType dtype;
  private final Device device;
  private final Resources parts;
  private final RmsNorm finalNorm;

  private HeterogeneousModel(ModelSpec spec, NamedTensors weights) {
    this.spec = spec;
    try (Resources made = new Resources()) {
      this.nonBlock =
          made.add(
              NamedTensors.of(selected(weights.asMap(), spec.nonBlockTensorShapes().keySet())),
              NamedTensors::close);
      this.embeddingVD = nonBlock.get("model.embed_tokens.weight");
      this.headVD = spec.tiedEmbeddings() ? embeddingVD : nonBlock.get("lm_head.weight");
      this.finalNorm = new RmsNorm(nonBlock.get("model.norm.weight"), spec.rmsNormEps());
      this.dtype = DType.of(embeddingVD);
      this.device = Tensors.device(embeddingVD);
      this.rotary =
          made.add(
              new RotaryEmbedding(spec.rope(), spec.headDim(), spec.maxPositions(), dtype, device),
              RotaryEmbedding::close);
      ImmutableList.Builder<Block> layers = ImmutableList.builderWithExpectedSize(spec.layers());
      for (int layer = 0; layer < spec.layers(); layer++) {
        try (NamedTensors own = NamedTensors.of(layerTensors(weights.asMap(), layer))) {
          Block block = new Block(spec.block(layer), own, rotary, spec.rmsNormEps());
          layers.add(made.add(block, Block::close));
        }
      }
      this.blocks = layers.build();
      this.offloaded =
          IntStream.range(0, spec.layers())
              .filter(
                  layer -> !blocks.get(layer).tensors().values().stream().allMatch(this::isHere))
              .boxed()
              .collect(ImmutableSet.toImmutableSet());
      this.parts = made.complete();
    }
  }

  /**
   * Returns the model that {@code spec} describes.
   *
   * @param weights a holder with the names of {@link ModelSpec#tensorShapes}; the model takes a
   *     share of its own
   * @throws IllegalArgumentException if a tensor is missing, or has another shape
   */
  public static HeterogeneousModel of(ModelSpec spec, NamedTensors weights) {
    spec.tensorShapes()
        .forEach((name, shape) -> Tensors.checkShape(name, weights.get(name), shape));
    return new HeterogeneousModel(spec, weights);
  }

  private static ImmutableMap<String, Tensor> selected(
      Map<String, Tensor> tensors, Iterable<String> names) {
    ImmutableMap.Builder<String, Tensor> some = ImmutableMap.builder();
    names.forEach(name -> some.put(name, checkNotNull(tensors.get(name), name)));
    return some.buildOrThrow();
  }

  private ImmutableMap<String, Tensor> layerTensors(Map<String, Tensor> tensors, int layer) {
    ImmutableMap.Builder<String, Tensor> own = ImmutableMap.builder();
    for (String name : spec.block(layer).tensorShapes(spec.width()).keySet()) {
      String fullName = ModelSpec.layerPrefix(layer) + name;
      own.put(name, checkNotNull(tensors.get(fullName), fullName));
    }
    return own.buildOrThrow();
  }

  private boolean isHere(Tensor tensor) {
    return DType.of(tensor) == dtype && Tensors.device(tensor).equals(device);
  }

  /** Returns what the model is. */
  public ModelSpec spec() {
    return spec;
  }

  /** Returns the element type it computes in. */
  public DType dtype() {
    return dtype;
  }

  /** Returns where it lives; of an offloaded layer, where it is computed. */
  public Device device() {
    return device;
  }

  /** Returns the layers whose tensors lie elsewhere than on {@link #device}, or in another type. */
  public ImmutableSet<Integer> offloaded() {
    return offloaded;
  }

  /** Returns layer {@code layer}; it belongs to the model. */
  public Block block(int layer) {
    return blocks.get(layer);
  }

  /** Returns the tensors outside the layers; they belong to the model. */
  public NamedTensors nonBlock() {
    return nonBlock;
  }

  /** Returns the rotary tables; they belong to the model. */
  public RotaryEmbedding rotary() {
    return rotary;
  }

  /** Returns every tensor by its Hugging Face name; valid while the model is open. */
  public ImmutableMap<String, Tensor> tensors() {
    ImmutableMap.Builder<String, Tensor> all = ImmutableMap.builder();
    all.putAll(nonBlock.asMap());
    for (int layer = 0; layer < blocks.size(); layer++) {
      String prefix = ModelSpec.layerPrefix(layer);
      blocks.get(layer).tensors().forEach((name, tensor) -> all.put(prefix + name, tensor));
    }
    return all.buildOrThrow();
  }

  /**
   * Returns the memory that the tensors take in the model's element type, in bytes; a tied
   * embedding counts once.
   */
  public long weightBytes() {
    return dtype.bytes() * tensors().values().stream().mapToLong(Tensor::numel).sum();
  }

  /**
   * Returns a model with layer {@code layer} replaced; it shares all other tensors with this one.
   *
   * @param weights a holder with the names of {@link BlockSpec#tensorShapes}
   */
  public HeterogeneousModel withBlock(int layer, BlockSpec block, NamedTensors weights) {
    return withBlocks(ImmutableMap.of(layer, block), ImmutableMap.of(layer, weights));
  }

  /**
   * Returns a model with some layers replaced; it shares all other tensors with this one.
   *
   * @param specs the new layers by their index
   * @param weights a holder for each of them, with the names of {@link BlockSpec#tensorShapes}
   */
  public HeterogeneousModel withBlocks(
      Map<Integer, BlockSpec> specs, Map<Integer, NamedTensors> weights) {
    ModelSpec changed = spec;
    Map<String, Tensor> all = new HashMap<>(tensors());
    for (Map.Entry<Integer, BlockSpec> entry : specs.entrySet()) {
      int layer = entry.getKey();
      changed = changed.withBlock(layer, entry.getValue());
      checkNotNull(weights.get(layer), "layer %s: weights are missing", layer)
          .asMap()
          .forEach((name, tensor) -> all.put(ModelSpec.layerPrefix(layer) + name, tensor));
    }
    try (NamedTensors holder = NamedTensors.of(selected(all, changed.tensorShapes().keySet()))) {
      return of(changed, holder);
    }
  }

  /** Returns a model of the same spec with copies of all tensors as {@code dtype}. */
  public HeterogeneousModel copy(DType dtype) {
    try (NamedTensors held = NamedTensors.of(tensors());
        NamedTensors copies = held.map(tensor -> Tensors.cast(tensor.detach(), dtype).clone())) {
      return of(spec, copies);
    }
  }

  /**
   * Returns the input of layer 0.
   *
   * @param idsBT {@code [B, T]} token ids, int64
   * @return {@code [B, T, D]}, owned by the current scope
   */
  public Tensor embed(Tensor idsBT) {
    nonBlock.checkOpen();
    checkArgument(
        idsBT.dim() == 2 && DType.of(idsBT) == DType.INT64, "token ids must be an int64 [B, T]");
    return torch.embedding(embeddingVD, Tensors.move(idsBT, device(), DType.INT64));
  }

  /**
   * Returns the residual stream after layers {@code from} (inclusive) to {@code to} (exclusive).
   *
   * @param hiddenBTD {@code [B, T, D]}, the input of layer {@code from}
   * @throws IllegalStateException if one of them is offloaded
   */
  public Tensor runBlocks(Tensor hiddenBTD, int from, int to) {
    Tensor hidden = hiddenBTD;
    for (int layer = from; layer < to; layer++) {
      hidden = here(layer).forward(hidden);
    }
    return hidden;
  }

  private Block here(int layer) {
    checkState(
        !offloaded.contains(layer),
        "layer %s is offloaded.\nMaybe a LayerStreamer brings it to %s.",
        layer,
        device);
    return blocks.get(layer);
  }

  /** Returns the final norm of the output of the last layer, {@code [B, T, D]}. */
  public Tensor normalize(Tensor hiddenBTD) {
    nonBlock.checkOpen();
    return finalNorm.apply(hiddenBTD);
  }

  /**
   * Returns the logits of the output of the last layer.
   *
   * @param hiddenBTD {@code [B, T, D]} before the final norm
   * @return {@code [B, T, V]}, float32, owned by the current scope
   */
  public Tensor head(Tensor hiddenBTD) {
    return Tensors.cast(rawLogits(hiddenBTD), DType.FLOAT32);
  }

  /** Returns what {@link #head} returns, in the model's element type. */
  public Tensor rawLogits(Tensor hiddenBTD) {
    return torch.linear(normalize(hiddenBTD), headVD);
  }

  /** Returns the logits of every position: {@code [B, T, V]}, float32. */
  public Tensor logits(Tensor idsBT) {
    return head(runBlocks(embed(idsBT), 0, spec.layers()));
  }

  /**
   * Returns the input of every layer, then the output of the last one before the final norm: {@code
   * layers + 1} tensors {@code [B, T, D]}.
   */
  public ImmutableList<Tensor> hiddenStates(Tensor idsBT) {
    ImmutableList.Builder<Tensor> states = ImmutableList.builder();
    Tensor hidden = embed(idsBT);
    states.add(hidden);
    for (int layer = 0; layer < blocks.size(); layer++) {
      hidden = here(layer).forward(hidden);
      states.add(hidden);
    }
    return states.build();
  }

  @Override
  public void close() {
    parts.close();
  }
}
