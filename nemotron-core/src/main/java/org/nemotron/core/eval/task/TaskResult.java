package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * What a model reached in a task.
 *
 * @param task the task's name
 * @param version its version
 * @param shots how many solved examples stood before each item
 * @param settings everything else that the figures depend on, in words: seed, chat
 * @param metric the metric that is usually quoted
 * @param metrics the figures by name, the one usually quoted first
 * @param chance the expected figure of the quoted metric for one who guesses; 0 where nothing is
 *     chosen
 * @param prompts what became of the prompts
 * @param notes what to know about the figures, each a sentence
 * @param items the figures of each item
 */
public record TaskResult(
    String task,
    String version,
    int shots,
    String settings,
    String metric,
    ImmutableMap<String, MetricValue> metrics,
    double chance,
    PromptFacts prompts,
    ImmutableList<String> notes,
    ImmutableList<ItemResult> items) {
  /** Returns the result with another sentence to know about the figures. */
  public TaskResult withNote(String note) {
    ImmutableList<String> more = ImmutableList.<String>builder().addAll(notes).add(note).build();
    return new TaskResult(
        task, version, shots, settings, metric, metrics, chance, prompts, more, items);
  }

  /** Returns the figure that is usually quoted. */
  public MetricValue quoted() {
    MetricValue value = metrics.get(metric);
    if (value == null) {
      throw new IllegalStateException(task + " has no figure by " + metric);
    }
    return value;
  }
}
