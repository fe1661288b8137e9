package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.run.BenchmarkFigure;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.Interval;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.PairedItems;
import org.nemotron.core.eval.stats.Preserved;
import org.nemotron.core.eval.task.BenchmarkRun;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.MetricValue;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.nas.report.BenchmarkTable;
import org.nemotron.nas.report.Role;

/** The reported items of a plan's tasks, put to parent and children, and baselines if wanted. */
final class PlanBenchmarks {
  private PlanBenchmarks() {}

  /** Returns the table; an empty one where the plan names no tasks. */
  static BenchmarkTable table(RunInputs inputs, PlanTasks tasks, List<TargetContenders> targets) {
    if (tasks.tasks().isEmpty()) {
      return BenchmarkTable.NONE;
    }
    try (InferenceBackend backend = Backends.of(inputs.parent().device(), inputs.threads())) {
      ImmutableList<BenchmarkFigure> parent = figures(inputs, tasks, inputs.parent(), backend);
      List<ImmutableList<BenchmarkFigure>> each = new ArrayList<>();
      ImmutableList.Builder<BenchmarkTable.Baseline> baselines = ImmutableList.builder();
      for (TargetContenders target : targets) {
        each.add(figures(inputs, tasks, target.child().model(), backend));
        if (inputs.plan().evaluation().baselines()) {
          String name = target.target().target().name();
          for (Map.Entry<Role, HeterogeneousModel> model : target.compared().entrySet()) {
            List<BenchmarkFigure> own = figures(inputs, tasks, model.getValue(), backend);
            baselines.add(new BenchmarkTable.Baseline(name, model.getKey(), mean(parent, own)));
          }
        }
      }
      return table(parent, each, baselines.build());
    }
  }

  private static ImmutableList<BenchmarkFigure> figures(
      RunInputs inputs, PlanTasks tasks, HeterogeneousModel model, InferenceBackend backend) {
    try (SequenceModel sequences =
        SequenceModel.builder(inputs.tokenizer(), model.spec(), WeightSource.of(model), backend)
            .build()) {
      List<TaskResult> results = new ArrayList<>();
      for (PlanTasks.OfTask task : tasks.tasks()) {
        results.add(BenchmarkRun.of(task.task(), task.items(), sequences, BosPolicy.TOKENIZER));
      }
      return BenchmarkFigure.of(results);
    }
  }

  private static BenchmarkTable table(
      List<BenchmarkFigure> parent,
      List<ImmutableList<BenchmarkFigure>> children,
      ImmutableList<BenchmarkTable.Baseline> baselines) {
    ImmutableList.Builder<BenchmarkTable.Row> rows = ImmutableList.builder();
    for (int index = 0; index < parent.size(); index++) {
      BenchmarkFigure of = parent.get(index);
      ImmutableList.Builder<BenchmarkTable.Child> figures = ImmutableList.builder();
      for (ImmutableList<BenchmarkFigure> child : children) {
        figures.add(child(of, child.get(index)));
      }
      rows.add(
          new BenchmarkTable.Row(
              of.name(),
              of.version(),
              of.shots(),
              of.value().n(),
              of.metric(),
              figure(of.value()),
              figures.build()));
    }
    return new BenchmarkTable(
        rows.build(),
        children.stream()
            .map(child -> mean(parent, child))
            .collect(ImmutableList.toImmutableList()),
        baselines);
  }

  private static BenchmarkTable.Child child(BenchmarkFigure parent, BenchmarkFigure child) {
    return new BenchmarkTable.Child(
        figure(child.value()),
        parent.value().higherIsBetter()
            ? preserved(PairedComparison.of(parent.with(child), Bootstrap.USUAL).preserved())
            : ImmutableList.of());
  }

  /** The mean of the ratios of all benchmarks that have one; none if one of them says nothing. */
  private static ImmutableList<BenchmarkTable.Preserved> mean(
      List<BenchmarkFigure> parent, List<BenchmarkFigure> child) {
    List<PairedItems> paired = new ArrayList<>();
    for (int index = 0; index < parent.size(); index++) {
      if (parent.get(index).value().higherIsBetter()) {
        paired.add(parent.get(index).with(child.get(index)));
      }
    }
    return paired.isEmpty()
        ? ImmutableList.of()
        : preserved(PairedComparison.meanPreserved(paired, Bootstrap.USUAL));
  }

  private static ImmutableList<BenchmarkTable.Preserved> preserved(Preserved preserved) {
    if (preserved instanceof Preserved.Ratio ratio) {
      Interval interval = ratio.interval();
      return ImmutableList.of(
          new BenchmarkTable.Preserved(interval.value(), interval.low(), interval.high()));
    }
    return ImmutableList.of();
  }

  private static BenchmarkTable.Figure figure(MetricValue value) {
    return new BenchmarkTable.Figure(
        value.value(), Double.isNaN(value.standardError()) ? 0 : value.standardError());
  }
}
