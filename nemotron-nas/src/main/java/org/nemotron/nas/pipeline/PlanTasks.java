package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.Optional;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.Question;
import org.nemotron.core.eval.task.TaskItem;

/**
 * The tasks of a plan with their items. Where tasks score candidates, the items are in two halves
 * by the hash of their texts: one selects and never reports, the other reports and never selects.
 *
 * @param tasks with the items that are reported
 * @param selecting the items that score candidates: none unless the plan scores by tasks
 * @param conversations MT-Bench, if the plan names it
 */
record PlanTasks(
    ImmutableList<OfTask> tasks,
    ImmutableList<TaskItem> selecting,
    PlanConversations conversations) {
  /** A task and the items that are reported. */
  record OfTask(BenchmarkTask task, ImmutableList<TaskItem> items) {}

  /**
   * Reads the items.
   *
   * @param format the parent's chat template, if there is an interpreter
   * @throws IOException if data are missing or damaged; the message names them
   * @throws IllegalArgumentException if the plan scores by tasks of which no item has choices, or a
   *     half of a task has no item, or prompts are conversations and there is no {@code format}
   */
  static PlanTasks read(CompressionPlan plan, Optional<ChatFormat> format) throws IOException {
    EvaluationPlan wanted = plan.evaluation();
    PlanConversations conversations = PlanConversations.read(plan, format);
    if (wanted.namesNone()) {
      return new PlanTasks(ImmutableList.of(), ImmutableList.of(), conversations);
    }
    boolean scored = plan.scoring().metric().equals(EvaluationPlan.METRIC);
    DataDirectory data = DataDirectory.open(wanted.data());
    ImmutableList.Builder<OfTask> tasks = ImmutableList.builder();
    ImmutableList.Builder<TaskItem> selecting = ImmutableList.builder();
    for (BenchmarkTask task : wanted.selected(format)) {
      ImmutableList<TaskItem> all = task.items(data);
      ImmutableList<TaskItem> some =
          wanted.limit() == 0 ? all : all.subList(0, Math.min(all.size(), wanted.limit()));
      ImmutableList<TaskItem> reported = scored ? half(some, false) : some;
      checkArgument(
          !reported.isEmpty(), "%s has no item left to report.\nMaybe raise the limit.", task);
      tasks.add(new OfTask(task, reported));
      if (scored) {
        half(some, true).stream()
            .filter(item -> item.question() instanceof Question.Choices)
            .forEach(selecting::add);
      }
    }
    PlanTasks read = new PlanTasks(tasks.build(), selecting.build(), conversations);
    checkArgument(
        !scored || !read.selecting.isEmpty(),
        "scoring.metric (%s) needs a task whose items have given answers; evaluation.tasks (%s)"
            + " has none.",
        EvaluationPlan.METRIC,
        wanted.tasks());
    return read;
  }

  /** Returns whether the plan names neither a task nor MT-Bench. */
  boolean isEmpty() {
    return tasks.isEmpty() && !conversations.isSelected();
  }

  private static ImmutableList<TaskItem> half(ImmutableList<TaskItem> items, boolean selecting) {
    return items.stream()
        .filter(item -> selects(item) == selecting)
        .collect(ImmutableList.toImmutableList());
  }

  /** Returns whether an item scores candidates: by the last bit of its hash. */
  static boolean selects(TaskItem item) {
    String digest = item.digest();
    return Character.digit(digest.charAt(digest.length() - 1), 16) % 2 == 1;
  }
}
