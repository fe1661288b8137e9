package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.mtbench.GradedResults;
import org.nemotron.core.eval.run.BenchmarkFigure;
import org.nemotron.core.eval.stats.Bootstrap;
import org.nemotron.core.eval.stats.Interval;
import org.nemotron.core.eval.stats.PairedComparison;
import org.nemotron.core.eval.stats.PairedItems;
import org.nemotron.core.eval.stats.Preserved;
import org.nemotron.core.eval.task.BenchmarkRun;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.CodeSamples;
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
  static BenchmarkTable table(RunInputs inputs, PlanTasks tasks, List<TargetContenders> targets)
      throws IOException {
    if (tasks.isEmpty()) {
      return BenchmarkTable.NONE;
    }
    List<Subject> subjects = subjects(inputs, targets);
    List<List<TaskResult>> results = new ArrayList<>();
    List<PlanConversations.Answered> answered = new ArrayList<>();
    try (InferenceBackend backend = Backends.of(inputs.parent().device(), inputs.threads())) {
      for (Subject subject : subjects) {
        HeterogeneousModel model = subject.model();
        try (SequenceModel sequences =
            SequenceModel.builder(inputs.tokenizer(), model.spec(), WeightSource.of(model), backend)
                .build()) {
          results.add(results(tasks, sequences));
          tasks.conversations().ask(subject.name(), sequences).ifPresent(answered::add);
        }
      }
    }
    PlanConversations.Graded graded = tasks.conversations().graded(answered);
    for (int index = 0; index < graded.results().size(); index++) {
      results.get(index).add(graded.results().get(index));
    }
    return table(
        subjects,
        results.stream().map(BenchmarkFigure::of).toList(),
        ImmutableList.<BenchmarkTable.Missing>builder()
            .addAll(notRun(tasks))
            .addAll(graded.missing())
            .build());
  }

  /**
   * A model that is put to the tasks.
   *
   * @param target the target's name; empty for the parent
   */
  private record Subject(Role role, String target, HeterogeneousModel model) {
    /** Returns its name in files. */
    String name() {
      return target.isEmpty() ? role.label() : target + "-" + role.label();
    }
  }

  /** Returns the parent, and of each target the child and the baselines that are wanted. */
  private static List<Subject> subjects(RunInputs inputs, List<TargetContenders> targets) {
    List<Subject> subjects = new ArrayList<>();
    subjects.add(new Subject(Role.PARENT, "", inputs.parent()));
    for (TargetContenders target : targets) {
      String name = target.target().target().name();
      subjects.add(new Subject(Role.CHILD, name, target.child().model()));
      if (inputs.plan().evaluation().baselines()) {
        target.compared().forEach((role, model) -> subjects.add(new Subject(role, name, model)));
      }
    }
    return subjects;
  }

  private static List<TaskResult> results(PlanTasks tasks, SequenceModel model) {
    List<TaskResult> results = new ArrayList<>();
    for (PlanTasks.OfTask task : tasks.tasks()) {
      results.add(BenchmarkRun.of(task.task(), task.items(), model, BosPolicy.TOKENIZER));
    }
    return results;
  }

  private static ImmutableList<BenchmarkTable.Missing> notRun(PlanTasks tasks) {
    return tasks.tasks().stream()
        .filter(task -> task.task().asksForPrograms())
        .map(
            task ->
                new BenchmarkTable.Missing(
                    task.task().name(),
                    CodeSamples.metric(1),
                    "not run",
                    "a plan runs no programs of models; evaluate --run-code does"))
        .collect(ImmutableList.toImmutableList());
  }

  private static BenchmarkTable table(
      List<Subject> subjects,
      List<ImmutableList<BenchmarkFigure>> figures,
      ImmutableList<BenchmarkTable.Missing> missing) {
    ImmutableList<BenchmarkFigure> parent = figures.get(0);
    List<ImmutableList<BenchmarkFigure>> children = new ArrayList<>();
    ImmutableList.Builder<BenchmarkTable.Baseline> baselines = ImmutableList.builder();
    for (int index = 1; index < subjects.size(); index++) {
      Subject subject = subjects.get(index);
      if (subject.role() == Role.CHILD) {
        children.add(figures.get(index));
      } else {
        baselines.add(
            new BenchmarkTable.Baseline(
                subject.target(), subject.role(), mean(parent, figures.get(index))));
      }
    }
    return new BenchmarkTable(
        rows(parent, children),
        children.stream()
            .map(child -> mean(parent, child))
            .collect(ImmutableList.toImmutableList()),
        baselines.build(),
        missing);
  }

  private static ImmutableList<BenchmarkTable.Row> rows(
      List<BenchmarkFigure> parent, List<ImmutableList<BenchmarkFigure>> children) {
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
              isShare(of),
              figure(of.value()),
              figures.build()));
    }
    return rows.build();
  }

  /** Perplexities and grades are no shares. */
  private static boolean isShare(BenchmarkFigure figure) {
    return figure.value().higherIsBetter() && !figure.metric().equals(GradedResults.METRIC);
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
