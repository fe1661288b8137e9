package org.nemotron.nas.cost;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;

/**
 * How a batch is spread over the machine: on a CPU each core generates for its share of the
 * sequences, without waiting for the others; a card takes the whole batch.
 *
 * <p>One stream per core beats one stream on all cores here, since the operations of a decode step
 * are too small to divide.
 *
 * @param scenarios one per stream; their batches add up to the batch of the whole
 */
record Streams(ImmutableList<Scenario> scenarios) {
  static Streams of(Scenario whole, Device device) {
    int cores = device.equals(Device.CPU) ? CpuThreads.available() : 1;
    int streams = Math.min(cores, whole.batch());
    ImmutableList.Builder<Scenario> shares = ImmutableList.builder();
    for (int stream = 0; stream < streams; stream++) {
      int first = whole.batch() * stream / streams;
      shares.add(whole.withBatch(whole.batch() * (stream + 1) / streams - first));
    }
    return new Streams(shares.build());
  }

  int count() {
    return scenarios.size();
  }
}
