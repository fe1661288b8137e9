package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;

/**
 * The keys and values of the tokens that a batch of sequences of one length has seen, layer by
 * layer. A layer without attention keeps nothing.
 *
 * <p>Not safe for use by several threads.
 */
public final class KvCache implements AutoCloseable {
  private final ImmutableList<KvCacheLayer> layers;

  /**
   * Makes room for {@code capacity} tokens of {@code batch} sequences.
   *
   * @throws IllegalArgumentException if the capacity is beyond the model's longest context
   */
  public KvCache(ModelSpec spec, int batch, int capacity, DType dtype, Device device) {
    checkArgument(batch > 0, "batch (%s) must be positive", batch);
    checkArgument(
        capacity > 0 && capacity <= spec.maxPositions(),
        "a cache for %s tokens must be positive and at most max_position_embeddings (%s)",
        capacity,
        spec.maxPositions());
    ImmutableList.Builder<KvCacheLayer> made = ImmutableList.builder();
    for (int layer = 0; layer < spec.layers(); layer++) {
      int kvHeads =
          spec.block(layer).attention() instanceof AttentionSpec.GroupedQuery attention
              ? attention.kvHeads()
              : 0;
      made.add(new KvCacheLayer(batch, kvHeads, capacity, spec.headDim(), dtype, device));
    }
    this.layers = made.build();
  }

  /** Returns what layer {@code index} keeps. */
  public KvCacheLayer layer(int index) {
    return layers.get(index);
  }

  /** Returns how many tokens of each sequence have been seen. */
  public long length() {
    return layers.get(0).start();
  }

  /** Counts {@code tokens} as seen by every layer; called once per forward pass, after it. */
  void advance(long tokens) {
    layers.forEach(layer -> layer.advance(tokens));
  }

  /** Returns the memory taken, in bytes. */
  public long bytes() {
    return layers.stream().mapToLong(KvCacheLayer::bytes).sum();
  }

  @Override
  public void close() {
    layers.forEach(KvCacheLayer::close);
  }
}
