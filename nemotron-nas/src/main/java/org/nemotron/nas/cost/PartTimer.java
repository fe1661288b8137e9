package org.nemotron.nas.cost;

import com.google.common.math.Quantiles;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The measurements of one part of a model by one stream. */
final class PartTimer implements AutoCloseable {
  private final Probe probe;
  private final List<Long> prefills = new ArrayList<>();
  private final List<Long> decodes = new ArrayList<>();

  PartTimer(Probe probe) {
    this.probe = probe;
  }

  void warmUp() {
    probe.prefill();
    probe.decode();
  }

  void prefill() {
    long start = System.nanoTime();
    probe.prefill();
    prefills.add(System.nanoTime() - start);
  }

  void decode() {
    long start = System.nanoTime();
    probe.decode();
    decodes.add(System.nanoTime() - start);
  }

  /** Returns medians over the measurements of the same part by all streams. */
  static Latency latency(List<PartTimer> ofStreams) {
    List<Long> allPrefills = new ArrayList<>();
    List<Long> allDecodes = new ArrayList<>();
    ofStreams.forEach(timer -> allPrefills.addAll(timer.prefills));
    ofStreams.forEach(timer -> allDecodes.addAll(timer.decodes));
    return new Latency(
        Quantiles.median().compute(allPrefills),
        Quantiles.median().compute(allDecodes),
        spread(allPrefills),
        spread(allDecodes));
  }

  private static double spread(List<Long> nanos) {
    Map<Integer, Double> quartiles = Quantiles.quartiles().indexes(1, 3).compute(nanos);
    return (quartiles.getOrDefault(3, 0.0) - quartiles.getOrDefault(1, 0.0)) / 2;
  }

  @Override
  public void close() {
    probe.close();
  }
}
