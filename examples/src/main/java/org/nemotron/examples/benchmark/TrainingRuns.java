package org.nemotron.examples.benchmark;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.cost.DeviceLimits;

/** Scoring and local distillation of one random parent. */
final class TrainingRuns {
  private TrainingRuns() {}

  /** Takes figures as soon as they are there. */
  interface Written {
    void put(String name, Map<String, Object> measured) throws IOException;
  }

  /** Measures what {@code only} names, on all ranks together. */
  static void measure(
      TrainingShape shape,
      Device device,
      DeviceLimits limits,
      List<GpuBenchmark.Work> only,
      SharedWork shared,
      Written figures)
      throws IOException {
    int threads = CpuThreads.available();
    DType dtype = device.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    try (HeterogeneousModel parent = RandomModels.of(shape.spec(), device, dtype)) {
      if (only.contains(GpuBenchmark.Work.SCORING)) {
        if (!shared.isShared()) {
          figures.put("passProfile", new PassProfile(shape, parent).measure(limits));
        }
        figures.put("scoring", new ScoringRun(shape, parent, threads, shared).measure(limits));
      }
      if (only.contains(GpuBenchmark.Work.DISTILLATION)) {
        figures.put(
            "distillation", new DistillationRun(shape, parent, threads, shared).measure(limits));
      }
    }
  }
}
