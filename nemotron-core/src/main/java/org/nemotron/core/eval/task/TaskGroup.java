package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;

/**
 * Tasks that are quoted as one figure.
 *
 * @param name the harness's name
 * @param version the harness's version
 * @param tasks the names of the tasks, those of groups among them taken apart
 * @param weightBySize whether each item counts alike; otherwise each task does
 */
public record TaskGroup(
    String name, String version, ImmutableList<String> tasks, boolean weightBySize) {

  /**
   * Returns the group's figures by the metrics that all of its tasks have.
   *
   * @param results of all tasks of the group, in any order; others are left aside
   * @throws IllegalArgumentException if one is missing
   */
  public ImmutableMap<String, MetricValue> of(List<TaskResult> results) {
    List<TaskResult> ours = new ArrayList<>();
    for (String task : tasks) {
      List<TaskResult> found =
          results.stream().filter(result -> result.task().equals(task)).toList();
      checkArgument(found.size() == 1, "%s must have one result of %s", name, task);
      ours.add(found.get(0));
    }
    ImmutableMap.Builder<String, MetricValue> values = ImmutableMap.builder();
    for (String metric : ours.get(0).metrics().keySet()) {
      if (ours.stream().allMatch(result -> result.metrics().containsKey(metric))) {
        values.put(metric, figure(ours.stream().map(result -> value(result, metric)).toList()));
      }
    }
    return values.buildOrThrow();
  }

  private static MetricValue value(TaskResult result, String metric) {
    MetricValue value = result.metrics().get(metric);
    if (value == null) {
      throw new IllegalStateException(result.task() + " has no " + metric);
    }
    return value;
  }

  private MetricValue figure(List<MetricValue> values) {
    int n = values.stream().mapToInt(MetricValue::n).sum();
    double mean = 0;
    for (MetricValue value : values) {
      mean += value.value() * (weightBySize ? (double) value.n() / n : 1.0 / values.size());
    }
    double error = weightBySize ? pooledError(values, n) : meanError(values);
    return new MetricValue(mean, error, n, values.get(0).higherIsBetter());
  }

  /** The error of the mean of all items, of the sample variances within the tasks. */
  private static double pooledError(List<MetricValue> values, int n) {
    double squares = 0;
    for (MetricValue value : values) {
      double size = value.n();
      squares += (size - 1) * size * value.standardError() * value.standardError();
    }
    return Math.sqrt(squares / (n - values.size()) / n);
  }

  private static double meanError(List<MetricValue> values) {
    double squares = 0;
    for (MetricValue value : values) {
      squares += value.standardError() * value.standardError();
    }
    return Math.sqrt(squares) / values.size();
  }
}
