package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.nemotron.core.io.AtomicFiles;

/**
 * The programs that a model wrote in a task such as humaneval. They are written for the data set's
 * own checker, and run here only by a command that the user names.
 */
public final class CodeSamples {
  /** What a task's target has in the place of what the model writes. */
  private static final String COMPLETION = "<completion>";

  private static final String FENCE = "```";
  private static final String PASS = "pass@1";

  private final ImmutableList<TaskItem> items;
  private final TaskResult result;

  /**
   * Returns the samples of a result.
   *
   * @param items the items that were put to the model, in the order of the result
   * @throws IllegalArgumentException if they are no programs, or not those of the result
   */
  public CodeSamples(List<TaskItem> items, TaskResult result) {
    checkArgument(
        items.stream()
            .map(TaskItem::digest)
            .toList()
            .equals(result.items().stream().map(ItemResult::digest).toList()),
        "items must be those of the result of %s",
        result.task());
    for (TaskItem item : items) {
      checkArgument(
          item.question() instanceof Question.Generation generation
              && generation.target().contains(COMPLETION),
          "%s must ask for programs",
          result.task());
    }
    this.items = ImmutableList.copyOf(items);
    this.result = result;
  }

  /**
   * Writes the samples as JSON lines: task_id and completion.
   *
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < items.size(); i++) {
      lines
          .append(
              JsonNodeFactory.instance
                  .objectNode()
                  .put("task_id", "HumanEval/" + items.get(i).index())
                  .put("completion", completion(i)))
          .append('\n');
    }
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(file, channel -> Channels.newOutputStream(channel).write(bytes));
  }

  /** Returns the program of a sample: the problem, what the model wrote, and the tests. */
  public String program(int sample) {
    Question.Generation question = (Question.Generation) items.get(sample).question();
    return question.target().replace(COMPLETION, completion(sample));
  }

  /** What the model wrote, without what stands behind the end of a block of code. */
  private String completion(int sample) {
    String text = result.items().get(sample).answer().texts().get(0).text();
    int end = text.indexOf(FENCE);
    return end < 0 ? text : text.substring(0, end);
  }

  /**
   * Returns the result with pass@1 as its figure: the share of programs that pass their tests.
   *
   * @throws IOException if the command cannot be started
   * @throws InterruptedException if the thread is interrupted
   */
  public TaskResult run(CodeRunner runner) throws IOException, InterruptedException {
    ImmutableList.Builder<ItemResult> graded = ImmutableList.builder();
    ImmutableDoubleArray.Builder passed = ImmutableDoubleArray.builder();
    for (int i = 0; i < items.size(); i++) {
      double figure = runner.passes(program(i)) ? 1 : 0;
      passed.add(figure);
      ItemResult item = result.items().get(i);
      graded.add(
          new ItemResult(
              item.index(), item.digest(), ImmutableMap.of(PASS, figure), -1, item.answer()));
    }
    ImmutableDoubleArray figures = passed.build();
    MetricValue value =
        new MetricValue(
            figures.stream().average().orElse(0),
            StandardErrors.ofMean(figures),
            figures.length(),
            true);
    return new TaskResult(
        result.task(),
        result.version(),
        result.shots(),
        result.settings(),
        PASS,
        ImmutableMap.of(PASS, value),
        0,
        result.prompts(),
        result.notes(),
        graded.build());
  }
}
