package org.nemotron.core.spec;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableDoubleArray;

/**
 * How rotary position embedding turns a position into angles. Immutable.
 *
 * <p>Source: RoFormer, arXiv:2104.09864; the Llama 3.1 model card for {@link Llama3}.
 */
public sealed interface RopeSpec {
  /** Returns the base of the geometric row of wavelengths. */
  double theta();

  /**
   * Returns the angle per position, in radians, of each of the {@code headDim / 2} rotary pairs,
   * fastest first.
   */
  ImmutableDoubleArray inverseFrequencies(int headDim);

  /** Returns what {@code visitor} makes of this variant. */
  <R> R accept(Visitor<R> visitor);

  /** One method per variant, so that a new variant breaks every consumer at compile time. */
  interface Visitor<R> {
    /** Visits unscaled frequencies. */
    R visit(Plain rope);

    /** Visits position interpolation. */
    R visit(PositionInterpolation rope);

    /** Visits Llama 3.1's scaling. */
    R visit(Llama3 rope);
  }

  /** No scaling: {@code theta^(-2i / headDim)}. */
  record Plain(double theta) implements RopeSpec {
    /** Checks the base. */
    public Plain {
      checkTheta(theta);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }

    @Override
    public ImmutableDoubleArray inverseFrequencies(int headDim) {
      return plain(theta, headDim);
    }
  }

  /** Position interpolation: every angle divided by {@code factor}. */
  record PositionInterpolation(double theta, double factor) implements RopeSpec {
    /** Checks base and factor. */
    public PositionInterpolation {
      checkTheta(theta);
      checkArgument(factor >= 1, "rope factor (%s) must be at least 1", factor);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }

    @Override
    public ImmutableDoubleArray inverseFrequencies(int headDim) {
      return ImmutableDoubleArray.copyOf(
          plain(theta, headDim).stream().map(frequency -> frequency / factor));
    }
  }

  /**
   * Llama 3.1's scaling: wavelengths longer than {@code originalMaxPositions / lowFreqFactor} are
   * stretched by {@code factor}, those shorter than {@code originalMaxPositions / highFreqFactor}
   * are kept, and those between are interpolated.
   */
  record Llama3(
      double theta,
      double factor,
      double lowFreqFactor,
      double highFreqFactor,
      int originalMaxPositions)
      implements RopeSpec {
    /** Checks the ranges. */
    public Llama3 {
      checkTheta(theta);
      checkArgument(factor >= 1, "rope factor (%s) must be at least 1", factor);
      checkArgument(
          lowFreqFactor > 0 && highFreqFactor > lowFreqFactor,
          "rope high_freq_factor (%s) must exceed low_freq_factor (%s)",
          highFreqFactor,
          lowFreqFactor);
      checkArgument(
          originalMaxPositions > 0,
          "rope original_max_position_embeddings (%s) must be positive",
          originalMaxPositions);
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }

    @Override
    public ImmutableDoubleArray inverseFrequencies(int headDim) {
      return ImmutableDoubleArray.copyOf(plain(theta, headDim).stream().map(this::scaled));
    }

    private double scaled(double frequency) {
      double wavelength = 2 * Math.PI / frequency;
      double turns = originalMaxPositions / wavelength;
      if (turns < lowFreqFactor) {
        return frequency / factor;
      }
      if (turns > highFreqFactor) {
        return frequency;
      }
      double kept = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
      return (1 - kept) * frequency / factor + kept * frequency;
    }
  }

  private static void checkTheta(double theta) {
    checkArgument(theta > 1, "rope_theta (%s) must exceed 1", theta);
  }

  private static ImmutableDoubleArray plain(double theta, int headDim) {
    ImmutableDoubleArray.Builder angles = ImmutableDoubleArray.builder(headDim / 2);
    for (int pair = 0; pair < headDim / 2; pair++) {
      angles.add(Math.pow(theta, -2.0 * pair / headDim));
    }
    return angles.build();
  }
}
