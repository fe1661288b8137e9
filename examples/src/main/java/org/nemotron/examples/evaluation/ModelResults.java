package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.core.eval.ModelEffort;
import org.nemotron.core.eval.task.TaskResult;

/**
 * What one model reached.
 *
 * @param name the path as it was given
 * @param fingerprint of its files, its device and its format
 * @param device where it was computed
 * @param format how its weights were held
 * @param maxLength the most tokens that it reads at once
 * @param tasks its figures
 * @param effort what was done for them
 * @param reused how many items were in the log already
 * @param missing figures that there are not
 */
record ModelResults(
    String name,
    String fingerprint,
    String device,
    String format,
    int maxLength,
    ImmutableList<TaskResult> tasks,
    ModelEffort effort,
    long reused,
    ImmutableList<Missing> missing) {
  /**
   * A figure that somebody else has to make.
   *
   * @param task the benchmark
   * @param metric the figure's name
   * @param reason why there is none, and what makes it
   */
  record Missing(String task, String metric, String reason) {}

  /** Returns these with other figures of tasks, and with others missing. */
  ModelResults with(List<TaskResult> others, List<Missing> without) {
    return new ModelResults(
        name,
        fingerprint,
        device,
        format,
        maxLength,
        ImmutableList.copyOf(others),
        effort,
        reused,
        ImmutableList.copyOf(without));
  }

  /** Returns these with the figures of one more task. */
  ModelResults with(TaskResult more) {
    return with(ImmutableList.<TaskResult>builder().addAll(tasks).add(more).build(), missing);
  }

  /** Returns these with one more figure missing. */
  ModelResults without(Missing more) {
    return with(tasks, ImmutableList.<Missing>builder().addAll(missing).add(more).build());
  }
}
