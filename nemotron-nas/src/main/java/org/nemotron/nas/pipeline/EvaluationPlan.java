package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.nas.score.Score;

/**
 * Benchmark tasks that the report compares parent and children on. Where {@code scoring.metric} is
 * {@link #METRIC}, half of their items score the candidates, and only the other half is reported.
 *
 * @param tasks names of tasks, groups and presets, divided by commas, as the command evaluate has
 *     them; empty for none
 * @param data directory of the tasks' data
 * @param limit how many items of each task are used, the first ones; 0 for all
 */
public record EvaluationPlan(String tasks, Path data, int limit) {
  /** The metric of a search by tasks. */
  public static final Score.Metric METRIC = new Score.Metric("TASKS");

  /** No tasks. */
  public static final EvaluationPlan NONE = new EvaluationPlan("", Path.of("bench"), 0);

  /** Checks that the tasks are known. */
  public EvaluationPlan {
    checkArgument(limit >= 0, "evaluation.limit (%s) must not be negative", limit);
    if (!tasks.isBlank()) {
      ImmutableList<BenchmarkTask> unused = Tasks.select(tasks);
    }
  }

  /** Returns whether there is no task. */
  public boolean namesNone() {
    return tasks.isBlank();
  }

  /** Returns whether scores by {@code metric} come of the tasks. */
  boolean measures(Score.Metric metric) {
    return !namesNone() && metric.equals(METRIC);
  }

  /** Returns the tasks. */
  public ImmutableList<BenchmarkTask> selected() {
    return namesNone() ? ImmutableList.of() : Tasks.select(tasks);
  }
}
