package org.nemotron.nas.cost;

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
 * <p>This is what a model takes where it is deployed with weights and cache of {@code dtype}, and
 * equals the tensors of a {@code HeterogeneousModel} of that type. Serving on the CPU takes other
 * amounts: {@code InferenceModel} packs weights in its own format, a tied head beside the
 * embedding, and {@code KvCache} keeps float32 in whole pages.
 *
 * @param dtype element type of weights and cache
 */
public record MemoryModel(DType dtype) {
  /** Returns the weights of an attention sub-block, in bytes. */
  public long weightBytes(AttentionSpec attention, int width) {
    return attention.parameters(width) * dtype.bytes();
  }

  /** Returns the weights of a feed-forward sub-block, in bytes. */
  public long weightBytes(FfnSpec ffn, int width) {
    return ffn.parameters(width) * dtype.bytes();
  }

  /** Returns the weights of a block, in bytes. */
  public long weightBytes(BlockSpec block, int width) {
    return weightBytes(block.attention(), width) + weightBytes(block.ffn(), width);
  }

  /** Returns the weights outside the layers, in bytes. */
  public long nonBlockBytes(ModelSpec model) {
    return model.nonBlockParameters() * dtype.bytes();
  }

  /** Returns all weights of a model, in bytes. */
  public long weightBytes(ModelSpec model) {
    return model.parameters() * dtype.bytes();
  }

  /** Returns the KV cache of one layer for a whole scenario, in bytes. */
  public long kvBytes(AttentionSpec attention, Scenario scenario) {
    return attention.kvCache().bytes(scenario.sequenceTokens(), dtype.bytes()) * scenario.batch();
  }

  /** Returns the KV cache of a model for a whole scenario, in bytes. */
  public long kvBytes(ModelSpec model, Scenario scenario) {
    return model.kvCacheBytes(scenario.sequenceTokens(), dtype.bytes()) * scenario.batch();
  }
}
