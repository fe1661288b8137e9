package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.List;
import org.nemotron.core.eval.task.MetricValue;
import org.nemotron.core.eval.task.TaskGroup;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;

/** Groups of tasks that were run whole, each as one figure. */
final class GroupResults {
  private GroupResults() {}

  /** A group and its figures by each metric. */
  record Group(TaskGroup group, ImmutableMap<String, MetricValue> metrics) {}

  /** Returns the groups of which {@code results} have all tasks, of two tasks at least. */
  static ImmutableList<Group> of(List<TaskResult> results) {
    ImmutableSet<String> run =
        results.stream().map(TaskResult::task).collect(ImmutableSet.toImmutableSet());
    return Tasks.groups().values().stream()
        .filter(group -> group.tasks().size() > 1 && run.containsAll(group.tasks()))
        .map(group -> new Group(group, group.of(results)))
        .collect(ImmutableList.toImmutableList());
  }
}
