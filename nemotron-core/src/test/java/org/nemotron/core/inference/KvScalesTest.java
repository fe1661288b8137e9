package org.nemotron.core.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableDoubleArray;
import org.junit.jupiter.api.Test;

final class KvScalesTest {
  private static final KvScales OF_HEADS =
      new KvScales(ImmutableDoubleArray.of(1, 2, 3), ImmutableDoubleArray.of(0.5));

  @Test
  void ofHeads_oneOrOneForEach_areThoseOfKeysAndThenOfValues() {
    assertThat(OF_HEADS.ofHeads(3)).isEqualTo(ImmutableDoubleArray.of(1, 2, 3, 0.5, 0.5, 0.5));
    assertThat(OF_HEADS.largest())
        .isEqualTo(new KvScales(ImmutableDoubleArray.of(3), ImmutableDoubleArray.of(0.5)));
  }

  @Test
  void ofHeads_otherNumberOfHeads_isRefused() {
    assertThatThrownBy(() -> OF_HEADS.ofHeads(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the scales of keys (3 numbers) must be one, or one for each of 2 KV heads");
  }

  @Test
  void new_scaleNotPositive_isRefused() {
    assertThatThrownBy(
            () -> new KvScales(ImmutableDoubleArray.of(1), ImmutableDoubleArray.of(1, 0)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the scales of values (0.0) must be positive");
  }
}
