package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.nio.file.Path;
import java.util.Optional;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.nas.score.Score;

/**
 * Benchmark tasks that the report compares parent and children on. Where {@code scoring.metric} is
 * {@link #METRIC}, half of their items score the candidates, and only the other half is reported.
 *
 * @param tasks names of tasks, groups and presets, or files of the user's own tasks, divided by
 *     commas, as the command evaluate has them; empty for none
 * @param data directory of the tasks' data
 * @param limit how many items of each task are used, the first ones; 0 for all
 * @param chat whether prompts are conversations by the parent's chat template, of which the
 *     {@linkplain CompressionPipeline#chatFormat pipeline} must have the interpreter
 * @param shotsAsTurns with {@code chat}: whether shots are messages of their own; otherwise all of
 *     a prompt is one message
 * @param baselines whether the models that children are compared with are put to the tasks too, so
 *     that they stand beside them on the frontier
 * @param judge what grades answers to MT-Bench, if the tasks name it
 */
public record EvaluationPlan(
    String tasks,
    Path data,
    int limit,
    boolean chat,
    boolean shotsAsTurns,
    boolean baselines,
    JudgePlan judge) {
  /** The metric of a search by tasks. */
  public static final Score.Metric METRIC = new Score.Metric("TASKS");

  /** No tasks. */
  public static final EvaluationPlan NONE = new EvaluationPlan("", Path.of("bench"), 0);

  /** Names tasks with prompts that are plain text, for parent and children. */
  public EvaluationPlan(String tasks, Path data, int limit) {
    this(tasks, data, limit, false, true, false, JudgePlan.NONE);
  }

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

  /** Returns this plan with prompts that are conversations. */
  public EvaluationPlan withChat(boolean asTurns) {
    return new EvaluationPlan(tasks, data, limit, true, asTurns, baselines, judge);
  }

  /** Returns this plan with the models that children are compared with. */
  public EvaluationPlan withBaselines() {
    return new EvaluationPlan(tasks, data, limit, chat, shotsAsTurns, true, judge);
  }

  /** Returns this plan with a model that grades answers to MT-Bench. */
  public EvaluationPlan withJudge(JudgePlan grading) {
    return new EvaluationPlan(tasks, data, limit, chat, shotsAsTurns, baselines, grading);
  }

  /** Returns whether conversations are put to the models, for which the pipeline needs a format. */
  public boolean needsChatFormat() {
    return chat || judge.namesEndpoint();
  }

  /** Returns the tasks, their prompts plain text; MT-Bench is none. */
  public ImmutableList<BenchmarkTask> selected() {
    return namesNone() ? ImmutableList.of() : Tasks.select(tasks);
  }

  /**
   * Returns the tasks.
   *
   * @throws IllegalArgumentException if prompts are conversations and there is no {@code format}
   */
  ImmutableList<BenchmarkTask> selected(Optional<ChatFormat> format) {
    checkArgument(
        !chat || namesNone() || format.isPresent(),
        "evaluation.chat (true) needs the interpreter of the parent's chat template.\n"
            + "Maybe CompressionPipeline.chatFormat was not called.");
    return selected().stream()
        .map(task -> chat ? task.withChat(format.orElseThrow(), shotsAsTurns) : task)
        .collect(ImmutableList.toImmutableList());
  }
}
