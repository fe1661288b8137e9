package org.nemotron.core.checkpoint.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

final class DeciLmWidthsProperties {
  @Property
  void storedWidthIsTheNextMultipleOf256(@ForAll @IntRange(min = 1, max = 200_000) int channels) {
    int stored = DeciLmWidths.storedChannels(channels);
    assertThat(stored % 256).isZero();
    assertThat(stored).isBetween(channels, channels + 255);
  }

  @Property
  void multiplierLeadsBackToEveryStoredWidth(
      @ForAll @IntRange(min = 1, max = 20_000) int hiddenSize,
      @ForAll @IntRange(min = 1, max = 400) int step) {
    double multiplier = DeciLmWidths.multiplier(256 * step, hiddenSize);
    assertThat(DeciLmWidths.channels(multiplier, hiddenSize)).isEqualTo(256L * step);
  }

  /** The first two layers of Llama-3.3-Nemotron-Super-49B. */
  @Example
  void multipliersOfThePublishedModelGiveItsWidths() {
    assertThat(DeciLmWidths.channels(2.625, 8192)).isEqualTo(14336);
    assertThat(DeciLmWidths.channels(5.25, 8192)).isEqualTo(28672);
    assertThat(DeciLmWidths.multiplier(14336, 8192)).isEqualTo(2.625);
  }
}
