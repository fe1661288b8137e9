package org.nemotron.core.parallel;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.math.LongMath;
import java.math.RoundingMode;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * Which slice of every tensor of a model each rank holds. Immutable.
 *
 * <p>Layers as {@link TensorParallel} says; embedding and head by rows of the vocabulary; the final
 * norm on every rank. A name is its Hugging Face name.
 *
 * @param spec the model
 * @param degree how many ranks compute it together
 */
public record SlicePlan(ModelSpec spec, int degree) {
  /** Checks that every rank has a row of the vocabulary. */
  public SlicePlan {
    checkArgument(degree > 0, "degree (%s) must be positive", degree);
    checkArgument(
        degree <= spec.vocabularySize(),
        "degree (%s) must not exceed the vocabulary (%s)",
        degree,
        spec.vocabularySize());
  }

  /** Returns how ranks divide layers. */
  public TensorParallel layers() {
    return new TensorParallel(degree);
  }

  /** Returns the tokens whose rows of embedding and head a rank holds. */
  public IndexRange vocabulary(int rank) {
    return layers().vocabulary(spec.vocabularySize(), rank);
  }

  /** Returns as many rows of the vocabulary as the rank has that holds most. */
  public long mostVocabularyRows() {
    return LongMath.divide(spec.vocabularySize(), degree, RoundingMode.CEILING);
  }

  /** Returns what a rank holds of the tensors outside the layers. */
  public ImmutableMap<String, TensorSlice> nonBlockSlices(int rank) {
    IndexRange rows = vocabulary(rank);
    ImmutableMap.Builder<String, TensorSlice> slices = ImmutableMap.builder();
    spec.nonBlockTensorShapes()
        .forEach(
            (name, shape) ->
                slices.put(
                    name, shape.size() == 1 ? TensorSlice.whole(shape) : TensorSlice.rows(rows)));
    return slices.buildOrThrow();
  }

  /** Returns what a rank holds of a layer's tensors, by their names below the layer. */
  public ImmutableMap<String, TensorSlice> layerSlices(int layer, int rank) {
    return layers().slices(spec.block(layer), spec.width(), rank);
  }

  /** Returns what a rank holds of every tensor of the model. */
  public ImmutableMap<String, TensorSlice> slices(int rank) {
    ImmutableMap.Builder<String, TensorSlice> slices = ImmutableMap.builder();
    slices.putAll(nonBlockSlices(rank));
    for (int layer = 0; layer < spec.layers(); layer++) {
      String prefix = ModelSpec.layerPrefix(layer);
      layerSlices(layer, rank).forEach((name, slice) -> slices.put(prefix + name, slice));
    }
    return slices.buildOrThrow();
  }

  /** Returns the shapes of a rank's slices. */
  public ImmutableMap<String, ImmutableList<Long>> shapes(int rank) {
    ImmutableMap<String, ImmutableList<Long>> whole = spec.tensorShapes();
    ImmutableMap.Builder<String, ImmutableList<Long>> shapes = ImmutableMap.builder();
    slices(rank)
        .forEach(
            (name, slice) ->
                shapes.put(name, slice.shape(whole.getOrDefault(name, ImmutableList.of()))));
    return shapes.buildOrThrow();
  }

  /** Returns the number of parameters that a rank holds. */
  public long parameters(int rank) {
    return TensorParallel.elements(spec.tensorShapes(), slices(rank));
  }

  /**
   * Returns a rank's KV cache of one sequence, in bytes.
   *
   * @param contextTokens tokens seen so far
   * @param dtypeBytes bytes of an element
   */
  public long kvCacheBytes(int rank, long contextTokens, int dtypeBytes) {
    return spec.blocks().stream()
        .mapToLong(
            block -> layers().kvCache(block.attention(), rank).bytes(contextTokens, dtypeBytes))
        .sum();
  }

  /**
   * Returns how many sums over all ranks a step has: one for the embedding, and those of blocks.
   */
  public int sums() {
    int blocks = spec.blocks().stream().mapToInt((BlockSpec block) -> layers().sums(block)).sum();
    return degree == 1 ? 0 : 1 + blocks;
  }
}
