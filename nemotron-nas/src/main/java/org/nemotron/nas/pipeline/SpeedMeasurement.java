package org.nemotron.nas.pipeline;

import org.nemotron.nas.cost.MedianInterval;
import org.nemotron.nas.cost.PairedRates;

/**
 * Generated tokens per second of whole models that took turns.
 *
 * @param parent at its best batch
 * @param child in its own scenario
 * @param ratio of the child's rate to the parent's, by round
 */
record SpeedMeasurement(MedianInterval parent, MedianInterval child, MedianInterval ratio) {
  /** Returns what was measured of a child among models of which the parent is the first. */
  static SpeedMeasurement of(PairedRates rates, int child) {
    return new SpeedMeasurement(
        rates.tokensPerSecond(0), rates.tokensPerSecond(child), rates.ratio(child, 0));
  }
}
