package org.nemotron.nas.cost;

import com.google.common.math.Quantiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What was measured of one part of a model, round by round. */
final class Timings {
  private final List<Long> prefills = new ArrayList<>();
  private final List<Long> decodes = new ArrayList<>();

  void addPrefill(long nanos) {
    prefills.add(nanos);
  }

  void addDecode(long nanos) {
    decodes.add(nanos);
  }

  /** Returns medians over the rounds. */
  Latency latency() {
    return new Latency(
        Quantiles.median().compute(prefills),
        Quantiles.median().compute(decodes),
        spread(prefills),
        spread(decodes));
  }

  private static double spread(List<Long> nanos) {
    Map<Integer, Double> quartiles = Quantiles.quartiles().indexes(1, 3).compute(nanos);
    return (quartiles.getOrDefault(3, 0.0) - quartiles.getOrDefault(1, 0.0)) / 2;
  }
}
