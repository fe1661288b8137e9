package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableDoubleArray;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class RopeSpecTest {
  /** A few roundings of a value below 1. */
  private static final Offset<Double> ROUNDING = within(1e-15);

  private static final RopeSpec.Llama3 LLAMA3 = new RopeSpec.Llama3(10_000, 8, 1, 4, 64);

  @Test
  void inverseFrequencies_plain_fallGeometrically() {
    ImmutableDoubleArray angles = new RopeSpec.Plain(10_000).inverseFrequencies(8);
    assertThat(angles.length()).isEqualTo(4);
    assertThat(angles.get(0)).isEqualTo(1);
    assertThat(angles.get(1)).isCloseTo(0.1, ROUNDING);
    assertThat(angles.get(2)).isCloseTo(0.01, ROUNDING);
    assertThat(angles.get(3)).isCloseTo(0.001, ROUNDING);
  }

  @Test
  void inverseFrequencies_positionInterpolation_areAllDividedByTheFactor() {
    ImmutableDoubleArray angles =
        new RopeSpec.PositionInterpolation(10_000, 4).inverseFrequencies(4);
    assertThat(angles.get(0)).isEqualTo(0.25);
    assertThat(angles.get(1)).isCloseTo(0.0025, ROUNDING);
  }

  @Test
  void inverseFrequencies_llama3_keepsShortStretchesLongAndInterpolatesBetween() {
    // A pair makes 64 * frequency / 2 pi turns: 10.2, 1.02, 0.102 and 0.0102.
    ImmutableDoubleArray angles = LLAMA3.inverseFrequencies(8);
    assertThat(angles.get(0)).isEqualTo(1);
    double turns = 64 * 0.1 / (2 * Math.PI);
    double kept = (turns - 1) / 3;
    assertThat(angles.get(1)).isCloseTo(0.1 * (kept + (1 - kept) / 8), ROUNDING);
    assertThat(angles.get(2)).isCloseTo(0.01 / 8, ROUNDING);
    assertThat(angles.get(3)).isCloseTo(0.001 / 8, ROUNDING);
  }

  @Test
  void inverseFrequencies_llama3_doNotJumpWhereTheRangesMeet() {
    for (double turns : new double[] {1, 4}) {
      double frequency = turns * 2 * Math.PI / 64;
      double below = scaled(Math.nextDown(frequency));
      double above = scaled(Math.nextUp(frequency));
      assertThat(above).isCloseTo(below, ROUNDING);
    }
  }

  /** Returns what becomes of a pair that turns by {@code frequency} per position. */
  private static double scaled(double frequency) {
    double theta = 1 / (frequency * frequency);
    return new RopeSpec.Llama3(theta, 8, 1, 4, 64).inverseFrequencies(4).get(1);
  }

  @Test
  void theta_eachVariant_isTheBase() {
    assertThat(new RopeSpec.Plain(500).theta()).isEqualTo(500);
    assertThat(new RopeSpec.PositionInterpolation(500, 2).theta()).isEqualTo(500);
    assertThat(new RopeSpec.Llama3(500, 8, 1, 4, 64).theta()).isEqualTo(500);
  }

  @Test
  void ropeSpec_baseNotAboveOne_isRefused() {
    String sentence = "rope_theta (1.0) must exceed 1";
    assertThatThrownBy(() -> new RopeSpec.Plain(1)).hasMessage(sentence);
    assertThatThrownBy(() -> new RopeSpec.PositionInterpolation(1, 2)).hasMessage(sentence);
    assertThatThrownBy(() -> new RopeSpec.Llama3(1, 8, 1, 4, 64)).hasMessage(sentence);
  }

  @Test
  void ropeSpec_factorBelowOne_isRefused() {
    String sentence = "rope factor (0.5) must be at least 1";
    assertThatThrownBy(() -> new RopeSpec.PositionInterpolation(500, 0.5)).hasMessage(sentence);
    assertThatThrownBy(() -> new RopeSpec.Llama3(500, 0.5, 1, 4, 64)).hasMessage(sentence);
  }

  @Test
  void ropeSpec_factorOfOne_changesNothing() {
    ImmutableDoubleArray plain = new RopeSpec.Plain(500).inverseFrequencies(8);
    assertThat(new RopeSpec.PositionInterpolation(500, 1).inverseFrequencies(8)).isEqualTo(plain);
    ImmutableDoubleArray scaled = new RopeSpec.Llama3(500, 1, 1, 4, 64).inverseFrequencies(8);
    for (int pair = 0; pair < plain.length(); pair++) {
      assertThat(scaled.get(pair)).isCloseTo(plain.get(pair), ROUNDING);
    }
  }

  @Test
  void llama3_rangesThatAreNotOne_areRefused() {
    assertThatThrownBy(() -> new RopeSpec.Llama3(500, 8, 4, 4, 64))
        .hasMessage("rope high_freq_factor (4.0) must exceed low_freq_factor (4.0)");
    assertThatThrownBy(() -> new RopeSpec.Llama3(500, 8, 0, 4, 64))
        .hasMessage("rope high_freq_factor (4.0) must exceed low_freq_factor (0.0)");
    assertThatThrownBy(() -> new RopeSpec.Llama3(500, 8, 1, 4, 0))
        .hasMessage("rope original_max_position_embeddings (0) must be positive");
  }
}
