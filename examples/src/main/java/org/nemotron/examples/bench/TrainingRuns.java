package org.nemotron.examples.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;

/** Scoring and local distillation of one random parent. */
final class TrainingRuns {
  private TrainingRuns() {}

  /** Returns the figures of what {@code only} names. */
  static Map<String, Object> measure(
      TrainingShape shape, Device device, CardLimits limits, List<CardBenchmark.Work> only) {
    Map<String, Object> figures = new LinkedHashMap<>();
    int threads = CpuThreads.available();
    DType dtype = device.equals(Device.CPU) ? DType.FLOAT32 : DType.BFLOAT16;
    try (HeterogeneousModel parent = RandomModels.of(shape.spec(), device, dtype)) {
      if (only.contains(CardBenchmark.Work.SCORING)) {
        figures.put("scoring", new ScoringRun(shape, parent, threads).measure(limits));
      }
      if (only.contains(CardBenchmark.Work.DISTILLATION)) {
        figures.put("distillation", new DistillationRun(shape, parent, threads).measure(limits));
      }
    }
    return figures;
  }
}
