package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.spec.KvCacheSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * What the layers of a model keep of a token: as many elements of keys, and as many of values.
 *
 * @param strides by layer, {@code kvHeads * headDim}; 0 where nothing is kept
 */
public record KvCacheLayout(ImmutableIntArray strides) {
  /** Returns what the layers of {@code spec} keep. */
  public static KvCacheLayout of(ModelSpec spec) {
    return new KvCacheLayout(
        ImmutableIntArray.copyOf(
            spec.blocks().stream()
                .mapToInt(block -> block.attention().kvCache().accept(new Stride()))));
  }

  /** Elements of keys per token: the pages of a cache keep every token. */
  private static final class Stride implements KvCacheSpec.Visitor<Integer> {
    @Override
    public Integer visit(KvCacheSpec.Full cache) {
      return cache.stride();
    }

    @Override
    public Integer visit(KvCacheSpec.None cache) {
      return 0;
    }
  }

  /** Returns the memory that one page takes in all layers, keys plus values, in bytes. */
  public long bytesPerPage(int dtypeBytes) {
    return strides.stream().asLongStream().sum() * 2 * dtypeBytes * KvCache.PAGE_TOKENS;
  }

  int layers() {
    return strides.length();
  }

  int stride(int layer) {
    return strides.get(layer);
  }

  /** Checks that a memory of this shape serves {@code spec}. */
  public void checkFits(ModelSpec spec) {
    KvCacheLayout wanted = of(spec);
    checkState(layers() == wanted.layers(), "this memory was made for another model");
    for (int layer = 0; layer < layers(); layer++) {
      checkState(
          stride(layer) == wanted.stride(layer),
          "layer %s: this memory was made for another model",
          layer);
    }
  }
}
