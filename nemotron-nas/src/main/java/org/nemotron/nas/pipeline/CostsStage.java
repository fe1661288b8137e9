package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.CostTable;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.Scenario;

/** The costs of all alternatives, one table per batch size. */
final class CostsStage implements Stage<ImmutableList<CostTable>> {
  private final RunContext run;
  private final LatencyMeter meter;

  CostsStage(RunContext run) {
    this.run = run;
    this.meter = new LatencyMeter(run.plan().costs().meter());
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

  /** Returns what costs are measured on: a GPU's name, or the kind and number of cores. */
  static String machine(Device device) {
    return device.equals(Device.CPU)
        ? System.getProperty("os.arch") + " " + CpuThreads.available()
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
