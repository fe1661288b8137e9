package org.nemotron.nas.cost;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.MemoryUse;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.SearchSpace;

/** What a probe says it took, and what it leaves behind. */
final class ProbeTest {
  private static final Scenario SCENARIO = new Scenario(4, 12, 6);

  private static void assertWithinTheCall(Probe probe, int parts) {
    for (ImmutableList<ForwardBatch> steps :
        ImmutableList.of(probe.steps().context(), probe.steps().decode())) {
      long start = System.nanoTime();
      long[] nanos = probe.nanos(steps);
      long wall = System.nanoTime() - start;
      assertThat(nanos).hasSize(parts);
      assertThat(LongStream.of(nanos).sum()).isBetween(1L, wall);
    }
  }

  @Test
  void nanos_ofAllParts_areNotMoreThanTheCallTook() {
    try (HeterogeneousModel parent = SmallParent.model();
        InferenceBackend device = Backends.of(Device.CPU);
        Probe layers =
            new LayersProbe(
                parent.spec(),
                ImmutableList.of(SmallParent.BLOCK, BlockSpec.NO_OP),
                SCENARIO,
                device);
        Probe nonBlock = new NonBlockProbe(parent, SCENARIO, device)) {
      assertWithinTheCall(layers, 2);
      assertWithinTheCall(nonBlock, 1);
    }
  }

  @Test
  void close_ofEitherProbe_givesAllNativeMemoryBack() {
    try (HeterogeneousModel parent = SmallParent.model();
        InferenceBackend device = Backends.of(Device.CPU)) {
      MemoryUse before = MemoryUse.afterCollection();
      new LayersProbe(parent.spec(), ImmutableList.of(SmallParent.BLOCK), SCENARIO, device).close();
      assertNothingLeft(before);
      new NonBlockProbe(parent, SCENARIO, device).close();
      assertNothingLeft(before);
    }
  }

  @Test
  void measure_againWithEitherMeter_leavesNoMoreThanBefore() {
    ThroughputMeter throughput = ThroughputMeter.brief(new MeterSettings(1, 1, 1));
    LatencyMeter latency = new LatencyMeter(new MeterSettings(1, 1, 1));
    try (HeterogeneousModel parent = SmallParent.model()) {
      assertThat(throughput.measure(SCENARIO, ImmutableList.of(parent)).rounds()).hasSize(1);
      MemoryUse before = MemoryUse.afterCollection();
      assertThat(throughput.measure(SCENARIO, ImmutableList.of(parent)).rounds()).hasSize(1);
      assertNothingLeft(before);
      assertThat(latency.measure(parent, SearchSpace.NO_OPS, SCENARIO).ffns()).hasSize(1);
      assertNothingLeft(before);
    }
  }

  private static void assertNothingLeft(MemoryUse before) {
    MemoryUse after = MemoryUse.now();
    assertThat(after.trackedBytes()).isLessThanOrEqualTo(before.trackedBytes());
    assertThat(after.nativeObjects()).isLessThanOrEqualTo(before.nativeObjects());
  }
}
