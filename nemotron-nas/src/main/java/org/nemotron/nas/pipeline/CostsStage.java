package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.HostProcessor;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.estimate.ServingRate;
import org.nemotron.nas.estimate.StageEstimate;

/** The costs of all alternatives, one table per batch size. */
final class CostsStage implements Stage<ImmutableList<CostTable>> {
  /** Two probes are run for 300 ms each before they count. */
  private static final double SETTLING_SECONDS = 0.6;

  private static final int WARM_UP_ROUNDS = 2;

  /** Weights that serve have 16 bits. */
  private static final int SERVED_BYTES = 2;

  private final RunContext run;
  private final LatencyMeter meter;

  CostsStage(RunContext run) {
    this.run = run;
    this.meter = new LatencyMeter(run.plan().costs().meter());
  }

  /** Returns what the stage will take: settling and warming up, and the rounds of the plan. */
  static StageEstimate estimate(PlanWork work) {
    double seconds = 0;
    for (ServingRate rate : work.rates().serving()) {
      double contexts = 1 + rate.outputTokens() / 2.0 / rate.promptTokens();
      seconds +=
          SETTLING_SECONDS
              + WARM_UP_ROUNDS * (contexts * rate.prefillSeconds() + rate.decodeSeconds())
              + work.meter().prefillRounds() * rate.prefillSeconds()
              + work.meter().decodeRounds() * rate.decodeSeconds();
    }
    return work.stage(
        "costs",
        ImmutableList.of(),
        seconds,
        work.beside(work.libraryBytes(), servedBytes(work), servedBytes(work), servedBytes(work)),
        0,
        ImmutableList.of("costs.meter", "costs.batchSizes"));
  }

  /** Returns the bytes of all alternatives in the format that serves, each once. */
  private static long servedBytes(PlanWork work) {
    long parameters = work.parent().nonBlockParameters();
    for (AttentionSpec attention : work.plan().space().attentions(work.parent())) {
      parameters += attention.parameters(work.parent().width());
    }
    for (FfnSpec ffn : work.plan().space().ffns(work.parent())) {
      parameters += ffn.parameters(work.parent().width());
    }
    return SERVED_BYTES * parameters;
  }

  @Override
  public String name() {
    return "costs";
  }

  @Override
  public StageInputs dependencies() {
    return StageDependencies.costs(
        run.plan(), run.inputs().parent().spec(), machine(run.plan().execution().device()));
  }

  /** Returns what costs are measured on: a GPU's name, or the processor's with its cores. */
  static String machine(Device device) {
    return device.equals(Device.CPU)
        ? HostProcessor.model() + ", cores: " + CpuThreads.available()
        : Gpu.of(device).model();
  }

  @Override
  public long steps() {
    return (long) meter.rounds() * run.plan().costs().batchSizes().size();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    List<CostTable> tables = new ArrayList<>();
    for (Scenario scenario : run.plan().costs().scenarios()) {
      long before = (long) meter.rounds() * tables.size();
      tables.add(
          meter.measure(
              run.inputs().parent(),
              run.plan().space(),
              scenario,
              done -> progress.accept(before + done)));
    }
    TableFiles.writeCosts(file(), tables);
    return ImmutableList.of(file());
  }

  private Path file() {
    return run.path("costs.json");
  }

  @Override
  public ImmutableList<CostTable> read() throws IOException {
    return run.inputs().own().withOwn(TableFiles.readCosts(file()));
  }
}
