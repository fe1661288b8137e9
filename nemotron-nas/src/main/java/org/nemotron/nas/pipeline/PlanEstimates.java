package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.HostMemory;
import org.nemotron.core.tensor.MemoryUse;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.MachineRates;
import org.nemotron.nas.estimate.MachineRoom;
import org.nemotron.nas.estimate.StageEstimate;

/** Makes the estimate of a plan: what there is to read, what the machine does, what it has. */
final class PlanEstimates {
  private PlanEstimates() {}

  /**
   * Measures this machine for some seconds, and returns what {@code plan} will take.
   *
   * @param ranks processes that share the work
   * @param localRanks those of them on this machine
   * @throws IOException if parent or texts cannot be read, or a run would refuse the plan
   */
  static Estimate measured(CompressionPlan plan, RunExtras extras, int ranks, int localRanks)
      throws IOException {
    ModelSpec spec = RunChecks.spec(plan, extras);
    TextProbe reading = TextProbe.of(plan, spec, extras.conversations());
    long baseBytes = MemoryUse.now().residentBytes();
    MachineRoom room = room(plan, localRanks);
    MachineRates rates = new RateProbe(plan, spec).measure(reading.tokensPerSecond());
    int threads =
        plan.execution().threads() == 0 ? CpuThreads.available() : plan.execution().threads();
    return of(new PlanWork(plan, spec, reading.tokens(), rates, room, baseBytes, threads, ranks));
  }

  /** Returns the estimate of all stages. */
  static Estimate of(PlanWork work) {
    ImmutableList.Builder<StageEstimate> stages = ImmutableList.builder();
    stages.addAll(CompressionPipeline.estimates(work));
    return new Estimate(stages.build(), work.rates(), work.room());
  }

  private static MachineRoom room(CompressionPlan plan, int localRanks) throws IOException {
    Device device = plan.execution().device();
    Path output = plan.execution().output();
    Path there = output.toAbsolutePath();
    while (!Files.exists(there) && there.getParent() != null) {
      there = there.getParent();
    }
    return new MachineRoom(
        HostMemory.availableBytes() + MemoryUse.now().residentBytes(),
        device.toString(),
        device.equals(Device.CPU) ? 0 : Gpu.of(device).freeBytes(),
        Files.getFileStore(there).getUsableSpace(),
        output.toString(),
        localRanks);
  }
}
