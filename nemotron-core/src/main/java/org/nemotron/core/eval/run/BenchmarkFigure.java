package org.nemotron.core.eval.run;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.nemotron.core.eval.stats.PairedItems;
import org.nemotron.core.eval.task.ItemResult;
import org.nemotron.core.eval.task.MetricValue;
import org.nemotron.core.eval.task.TaskComparison;
import org.nemotron.core.eval.task.TaskGroup;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;

/**
 * A model's figure in a benchmark as it is quoted: a task, or a group of tasks that was run whole.
 *
 * @param name of the task or group
 * @param version its version
 * @param shots how many solved examples stood before each item
 * @param metric the metric that is usually quoted
 * @param value the figure
 * @param parts the results of its tasks
 */
public record BenchmarkFigure(
    String name,
    String version,
    int shots,
    String metric,
    MetricValue value,
    ImmutableList<TaskResult> parts) {

  /**
   * Returns the figures of tasks that were run: those of a group, if all of it were, as one; of two
   * groups that have a task in common, as the larger. In the order of the tasks.
   */
  public static ImmutableList<BenchmarkFigure> of(List<TaskResult> results) {
    ImmutableSet<String> run =
        results.stream().map(TaskResult::task).collect(ImmutableSet.toImmutableSet());
    List<TaskGroup> groups =
        Tasks.groups().values().stream()
            .filter(group -> group.tasks().size() > 1 && run.containsAll(group.tasks()))
            .sorted(Comparator.comparingInt((TaskGroup group) -> group.tasks().size()).reversed())
            .toList();
    List<BenchmarkFigure> figures = new ArrayList<>();
    Set<String> done = new HashSet<>();
    for (TaskResult result : results) {
      if (done.contains(result.task())) {
        continue;
      }
      BenchmarkFigure figure =
          groups.stream()
              .filter(group -> group.tasks().contains(result.task()))
              .findFirst()
              .map(group -> ofGroup(group, results))
              .orElseGet(() -> ofTask(result));
      figure.parts.forEach(part -> done.add(part.task()));
      figures.add(figure);
    }
    return ImmutableList.copyOf(figures);
  }

  private static BenchmarkFigure ofTask(TaskResult result) {
    return new BenchmarkFigure(
        result.task(),
        result.version(),
        result.shots(),
        result.metric(),
        result.quoted(),
        ImmutableList.of(result));
  }

  private static BenchmarkFigure ofGroup(TaskGroup group, List<TaskResult> results) {
    ImmutableList<TaskResult> parts =
        results.stream()
            .filter(result -> group.tasks().contains(result.task()))
            .collect(ImmutableList.toImmutableList());
    TaskResult first = parts.get(0);
    MetricValue value = group.of(results).get(first.metric());
    checkArgument(value != null, "%s has no figure by %s", group.name(), first.metric());
    return new BenchmarkFigure(
        group.name(), group.version(), first.shots(), first.metric(), value, parts);
  }

  /**
   * Returns the items of this figure, the parent's, beside those of a child.
   *
   * @throws IllegalArgumentException if the two are not of the same items
   */
  public PairedItems with(BenchmarkFigure child) {
    checkArgument(
        name.equals(child.name) && parts.size() == child.parts.size(),
        "figures of %s and %s must be of one benchmark",
        name,
        child.name);
    List<PairedItems> paired = new ArrayList<>();
    for (int part = 0; part < parts.size(); part++) {
      paired.add(TaskComparison.items(parts.get(part), child.parts.get(part)));
    }
    return paired.size() == 1 ? paired.get(0) : PairedItems.pooled(name, paired);
  }

  /** Returns the share of items in which both models chose the same; NaN where none is chosen. */
  public double agreement(BenchmarkFigure child) {
    int chosen = 0;
    int same = 0;
    for (int part = 0; part < parts.size(); part++) {
      ImmutableList<ItemResult> own = parts.get(part).items();
      for (int index = 0; index < own.size(); index++) {
        if (own.get(index).chosen() >= 0) {
          chosen++;
          same +=
              own.get(index).chosen() == child.parts.get(part).items().get(index).chosen() ? 1 : 0;
        }
      }
    }
    return chosen == 0 ? Double.NaN : (double) same / chosen;
  }
}
