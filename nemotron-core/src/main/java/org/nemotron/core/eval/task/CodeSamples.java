package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Lists;
import com.google.common.primitives.ImmutableDoubleArray;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.stats.PassAtK;
import org.nemotron.core.io.AtomicFiles;

/**
 * The programs that a model wrote in a task such as humaneval: one sample of each problem, or
 * several. They are written for the data set's own checker, and run here only by a command that the
 * user names.
 */
public final class CodeSamples {
  /** The k of pass@k that are usually quoted. */
  private static final ImmutableList<Integer> QUOTED = ImmutableList.of(1, 10, 100);

  private static final String FENCE = "```";

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
          item.question() instanceof Question.Generation generation && generation.asksForProgram(),
          "%s must ask for programs",
          result.task());
    }
    this.items = ImmutableList.copyOf(items);
    this.result = result;
  }

  /** Returns the k of pass@k that are usually quoted, 1, 10 and 100, up to {@code samples}. */
  public static ImmutableList<Integer> quoted(int samples) {
    return QUOTED.stream().filter(k -> k <= samples).collect(ImmutableList.toImmutableList());
  }

  /** Returns the name of the figure of {@code k}, such as pass@1. */
  public static String metric(int k) {
    return "pass@" + k;
  }

  /** Returns how many samples there are of each problem. */
  public int perProblem() {
    return result.items().isEmpty() ? 0 : texts(0).size();
  }

  /** Returns how many samples there are of all problems. */
  public int count() {
    return items.size() * perProblem();
  }

  /**
   * Writes the samples as JSON lines, a problem's one after the other: task_id and completion.
   *
   * @throws IOException if the file cannot be written
   */
  public void write(Path file) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int problem = 0; problem < items.size(); problem++) {
      for (GeneratedText text : texts(problem)) {
        lines
            .append(
                JsonNodeFactory.instance
                    .objectNode()
                    .put("task_id", name(problem))
                    .put("completion", completion(text)))
            .append('\n');
      }
    }
    byte[] bytes = lines.toString().getBytes(StandardCharsets.UTF_8);
    AtomicFiles.write(file, channel -> Channels.newOutputStream(channel).write(bytes));
  }

  private String name(int problem) {
    String name = question(problem).name();
    return name.isEmpty() ? result.task() + "/" + items.get(problem).index() : name;
  }

  private Question.Generation question(int problem) {
    return (Question.Generation) items.get(problem).question();
  }

  private ImmutableList<GeneratedText> texts(int problem) {
    return result.items().get(problem).answer().texts();
  }

  /** Returns the program of a sample: the problem, what the model wrote, and the tests. */
  public String program(int problem, int sample) {
    return question(problem).program(completion(texts(problem).get(sample)));
  }

  /** What the model wrote, without what stands behind the end of a block of code. */
  private static String completion(GeneratedText text) {
    int end = text.text().indexOf(FENCE);
    return end < 0 ? text.text() : text.text().substring(0, end);
  }

  /**
   * Returns the result with pass@k as its figures: the chance that one of k samples of a problem
   * passes its tests, by the unbiased estimate from all samples, mean over the problems.
   *
   * @param ks the k, the one usually quoted first
   * @throws IllegalArgumentException if there are fewer samples of a problem than a k
   * @throws IOException if the command cannot be started
   * @throws InterruptedException if the thread is interrupted
   */
  public TaskResult run(CodeRunner runner, List<Integer> ks)
      throws IOException, InterruptedException {
    checkArgument(!ks.isEmpty(), "there must be a k of pass@k");
    List<String> programs = new ArrayList<>();
    for (int problem = 0; problem < items.size(); problem++) {
      for (int sample = 0; sample < perProblem(); sample++) {
        programs.add(program(problem, sample));
      }
    }
    ImmutableList<CodeRunner.Outcome> outcomes = runner.runAll(programs);
    List<ItemResult> graded = new ArrayList<>();
    for (List<CodeRunner.Outcome> some : Lists.partition(outcomes, perProblem())) {
      graded.add(graded(result.items().get(graded.size()), some, ks));
    }
    return graded(graded, ks, notes(outcomes, runner));
  }

  private static ItemResult graded(
      ItemResult item, List<CodeRunner.Outcome> outcomes, List<Integer> ks) {
    int passed = (int) outcomes.stream().filter(CodeRunner.Outcome.PASSED::equals).count();
    ImmutableMap.Builder<String, Double> values = ImmutableMap.builder();
    ks.forEach(k -> values.put(metric(k), PassAtK.estimate(outcomes.size(), passed, k)));
    return new ItemResult(
        item.index(),
        item.digest(),
        values.putAll(item.values()).buildOrThrow(),
        item.chosen(),
        item.answer());
  }

  private ImmutableList<String> notes(List<CodeRunner.Outcome> outcomes, CodeRunner runner) {
    long endless = outcomes.stream().filter(CodeRunner.Outcome.TIMED_OUT::equals).count();
    return endless == 0
        ? result.notes()
        : ImmutableList.<String>builder()
            .addAll(result.notes())
            .add(
                "%s of the %s programs of %s did not end within %s s, and count as wrong"
                    .formatted(endless, outcomes.size(), result.task(), runner.seconds()))
            .build();
  }

  private TaskResult graded(
      List<ItemResult> graded, List<Integer> ks, ImmutableList<String> notes) {
    ImmutableMap.Builder<String, MetricValue> metrics = ImmutableMap.builder();
    for (int k : ks) {
      ImmutableDoubleArray figures =
          ImmutableDoubleArray.copyOf(graded.stream().mapToDouble(item -> item.value(metric(k))));
      metrics.put(metric(k), MetricValue.ofMean(figures));
    }
    return new TaskResult(
        result.task(),
        result.version(),
        result.shots(),
        result.settings(),
        metric(ks.get(0)),
        metrics.putAll(result.metrics()).buildOrThrow(),
        0,
        result.prompts(),
        notes,
        ImmutableList.copyOf(graded));
  }
}
