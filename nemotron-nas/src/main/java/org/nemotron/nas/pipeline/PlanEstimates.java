package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.nemotron.core.checkpoint.ModelSpecReader;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.HostMemory;
import org.nemotron.core.tensor.MemoryUse;
import org.nemotron.core.text.TextFiles;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.nas.estimate.Estimate;
import org.nemotron.nas.estimate.MachineRates;
import org.nemotron.nas.estimate.MachineRoom;
import org.nemotron.nas.estimate.StageEstimate;

/** Makes the estimate of a plan: what there is to read, what the machine does, what it has. */
final class PlanEstimates {
  /** So much text tells how many tokens a second and a byte make. */
  private static final int PROBED_TOKENS = 50_000;

  private static final int BYTES_PER_TOKEN = 8;

  private PlanEstimates() {}

  /**
   * Measures this machine for some seconds, and returns what {@code plan} will take.
   *
   * @param ranks processes that share the work
   * @param localRanks those of them on this machine
   * @throws IOException if parent or texts cannot be read
   */
  static Estimate measured(CompressionPlan plan, int ranks, int localRanks) throws IOException {
    Path parent = plan.inputs().parent();
    ModelSpec spec = ModelSpecReader.read(parent);
    plan.space().candidates(spec).forEach(candidate -> {}); // refuses layers that are not there
    long baseBytes = MemoryUse.now().residentBytes();
    MachineRoom room = room(plan, localRanks);
    Reading reading = Files.isDirectory(parent) ? Reading.of(plan, spec) : Reading.unread(plan);
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

  /** How many tokens there are to learn from, and how fast text becomes tokens. */
  private record Reading(long tokens, double tokensPerSecond) {
    static Reading unread(CompressionPlan plan) {
      return new Reading(wanted(plan), 0);
    }

    static Reading of(CompressionPlan plan, ModelSpec spec) throws IOException {
      long tokens = 0;
      long start = System.nanoTime();
      try (Tokenizer tokenizer = Tokenizer.open(plan.inputs().parent())) {
        for (Path file : plan.inputs().texts()) {
          tokens +=
              TokenCorpus.encode(
                      TextFiles.documents(file, (long) PROBED_TOKENS * BYTES_PER_TOKEN),
                      tokenizer,
                      spec,
                      PROBED_TOKENS)
                  .length();
        }
      }
      double rate = tokens / ((System.nanoTime() - start) / 1e9);
      boolean cut = tokens >= (long) PROBED_TOKENS * plan.inputs().texts().size();
      return new Reading(cut ? wanted(plan) : Math.min(tokens, wanted(plan)), rate);
    }

    private static long wanted(CompressionPlan plan) {
      return plan.data().trainingTokens() + plan.data().validationTokens();
    }
  }
}
