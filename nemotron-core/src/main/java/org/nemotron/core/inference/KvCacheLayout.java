package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.spec.ModelSpec;

/**
 * What the layers of a model keep of a token: as many elements of keys, and as many of values.
 *
 * @param strides by layer, {@code kvHeads * headDim}; 0 where nothing is kept
 */
public record KvCacheLayout(ImmutableIntArray strides) {
  public static KvCacheLayout of(ModelSpec spec) {
    return new KvCacheLayout(
        ImmutableIntArray.copyOf(
            spec.blocks().stream()
                .mapToInt(block -> Math.toIntExact(block.attention().kvBytesPerToken(1) / 2))));
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
