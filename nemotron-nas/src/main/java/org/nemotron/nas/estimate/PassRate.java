package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How long a machine takes for work of one kind, all of its cores together. Immutable.
 *
 * @param secondsPerLayerFlop of the layers, with all that is not a matrix product
 * @param secondsPerHeadFlop of embedding, head and logits, likewise
 */
public record PassRate(double secondsPerLayerFlop, double secondsPerHeadFlop) {
  /** Checks that both are times. */
  public PassRate {
    checkArgument(
        secondsPerLayerFlop >= 0
            && secondsPerHeadFlop >= 0
            && Double.isFinite(secondsPerLayerFlop)
            && Double.isFinite(secondsPerHeadFlop),
        "seconds per FLOP (%s, %s) must be finite numbers, not negative",
        secondsPerLayerFlop,
        secondsPerHeadFlop);
  }

  /**
   * Returns the rate at which {@code shallow} and {@code deep} took as long as measured. Where no
   * such rate is positive, both parts have the same rate, that of the deep work.
   *
   * @param deep with a larger share of layers than {@code shallow}
   */
  public static PassRate of(Work shallow, double shallowSeconds, Work deep, double deepSeconds) {
    double determinant =
        deep.layerFlops() * shallow.headFlops() - shallow.layerFlops() * deep.headFlops();
    double layer =
        (deepSeconds * shallow.headFlops() - shallowSeconds * deep.headFlops()) / determinant;
    double head =
        (shallowSeconds * deep.layerFlops() - deepSeconds * shallow.layerFlops()) / determinant;
    boolean solved = determinant > 0 && layer > 0 && head >= 0 && Double.isFinite(layer + head);
    return solved ? new PassRate(layer, head) : of(deep, deepSeconds);
  }

  /** Returns the one rate of layers and head at which {@code work} took as long as measured. */
  public static PassRate of(Work work, double seconds) {
    return new PassRate(seconds / work.flops(), seconds / work.flops());
  }

  /** Returns how long {@code work} takes. */
  public double seconds(Work work) {
    return work.layerFlops() * secondsPerLayerFlop + work.headFlops() * secondsPerHeadFlop;
  }
}
