package org.nemotron.nas.cost;

import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.parallel.TensorParallel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;

/**
 * Memory by arithmetic: weights, and the KV cache of a scenario.
 *
 * <p>{@code weights + kvCache().bytes(tokens, bytes) * batch} per layer, in grouped-query attention
 * {@code weights + 2 * kvHeads * headDim * bytes * tokens * batch}; the head size is the model's
 * own, and a tied embedding counts once.
 *
 * <p>This is what a model takes where it is deployed with weights and cache of these types; of one
 * type, it equals the tensors of a {@code HeterogeneousModel} of that type. Serving adds to it: on
 * the CPU {@code InferenceModel} has a tied head beside the embedding, and {@code KvCache} rounds
 * up to whole pages. {@link MemoryFormat} has the types that serve.
 *
 * @param weights element type of weights; of those of the layers alone where it is 8-bit floats:
 *     the others are then bfloat16
 * @param kvCache element type of keys and values
 */
public record MemoryModel(DType weights, DType kvCache) {
  /** Makes a model of weights and cache of one type. */
  public MemoryModel(DType both) {
    this(both, both);
  }

  /** Returns the types in words, such as {@code weights float16, KV cache float32}. */
  public String inWords() {
    return "weights " + weights.configName() + ", KV cache " + kvCache.configName();
  }

  /** Returns the weights of an attention sub-block, in bytes. */
  public long weightBytes(AttentionSpec attention, int width) {
    return attention.parameters(width) * weights.bytes();
  }

  /** Returns the weights of a feed-forward sub-block, in bytes. */
  public long weightBytes(FfnSpec ffn, int width) {
    return ffn.parameters(width) * weights.bytes();
  }

  /** Returns the weights of a block, in bytes. */
  public long weightBytes(BlockSpec block, int width) {
    return weightBytes(block.attention(), width) + weightBytes(block.ffn(), width);
  }

  /** Returns the weights outside the layers, in bytes. */
  public long nonBlockBytes(ModelSpec model) {
    return model.nonBlockParameters() * nonBlockWeights().bytes();
  }

  /** Returns all weights of a model, in bytes. */
  public long weightBytes(ModelSpec model) {
    long blocks = model.parameters() - model.nonBlockParameters();
    return blocks * weights.bytes() + nonBlockBytes(model);
  }

  /**
   * Returns the weights of a block, in bytes, on the GPU that holds most of each of its parts; what
   * GPUs have copies of counts on each.
   */
  public long weightBytes(BlockSpec block, int width, TensorParallel ranks) {
    long parameters =
        ranks.mostParameters(block.attention(), width) + ranks.mostParameters(block.ffn(), width);
    return parameters * weights.bytes();
  }

  /**
   * Returns the weights outside the layers, in bytes, on the GPU that holds most of them: the
   * embedding is on each, as the engine has it, the head is divided.
   */
  public long nonBlockBytes(ModelSpec model, TensorParallel ranks) {
    long elsewhere =
        model.vocabularySize() - new SlicePlan(model, ranks.degree()).mostVocabularyRows();
    long spared = model.tiedEmbeddings() ? 0 : elsewhere * model.width();
    return (model.nonBlockParameters() - spared) * nonBlockWeights().bytes();
  }

  /** What stays of 16 bits where layers are of 8. */
  DType nonBlockWeights() {
    return weights == DType.FLOAT8_E4M3 ? DType.BFLOAT16 : weights;
  }

  /**
   * Returns the KV cache of one layer for a whole scenario, in bytes, on the GPU that keeps most of
   * it: {@code max(1, kvHeads / tensorParallel)} heads, rounded up.
   */
  public long kvBytes(AttentionSpec attention, Scenario scenario) {
    return scenario.ranks().mostKvCacheBytes(attention, scenario.sequenceTokens(), kvCache.bytes())
        * scenario.batch();
  }

  /** Returns the KV cache of a model for a whole scenario, in bytes, summed over its layers. */
  public long kvBytes(ModelSpec model, Scenario scenario) {
    return model.blocks().stream().mapToLong(block -> kvBytes(block.attention(), scenario)).sum();
  }
}
