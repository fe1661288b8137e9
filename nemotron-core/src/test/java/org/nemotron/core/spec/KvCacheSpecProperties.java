package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Laws of what a layer keeps. */
final class KvCacheSpecProperties {
  @Property
  void fullCacheHoldsKeysAndValuesOfEveryToken(
      @ForAll @IntRange(min = 1, max = 1 << 15) int kvHeads,
      @ForAll @IntRange(min = 1, max = 1 << 15) int headDim,
      @ForAll @IntRange(max = 1 << 20) int tokens,
      @ForAll @IntRange(min = 1, max = 8) int dtypeBytes) {
    KvCacheSpec.Full cache = new KvCacheSpec.Full(kvHeads, headDim);
    long bytesPerToken = 2L * cache.stride() * dtypeBytes;
    assertThat(cache.bytes(0, dtypeBytes)).isZero();
    assertThat(cache.bytes(tokens + 1L, dtypeBytes) - cache.bytes(tokens, dtypeBytes))
        .isEqualTo(bytesPerToken);
  }

  @Property
  void layerWithoutHeadsKeepsNothing(
      @ForAll @IntRange(max = 1 << 20) int tokens,
      @ForAll @IntRange(min = 1, max = 8) int dtypeBytes) {
    assertThat(new KvCacheSpec.None().bytes(tokens, dtypeBytes)).isZero();
  }

  @Example
  void cacheBeyondTwoGigabytesIsCountedInLongs() {
    assertThat(new KvCacheSpec.Full(1 << 20, 1 << 10).bytes(1, 4)).isEqualTo(1L << 33);
  }

  @Example
  void sizesThatAreNotPositiveAreRefused() {
    assertThatThrownBy(() -> new KvCacheSpec.Full(0, 8)).hasMessage("kvHeads (0) must be positive");
    assertThatThrownBy(() -> new KvCacheSpec.Full(2, 0)).hasMessage("headDim (0) must be positive");
    assertThatThrownBy(() -> new KvCacheSpec.Full(2, 8).bytes(-1, 2))
        .hasMessage("contextTokens (-1) must not be negative");
  }
}
