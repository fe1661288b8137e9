package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableDoubleArray;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.task.ItemAnswer;
import org.nemotron.core.eval.task.ItemResult;
import org.nemotron.core.eval.task.MetricValue;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;

/**
 * Grades as the results of a task, so that they stand beside those of other benchmarks. Its items
 * are questions, since the turns of one hang together; an item's figure is the mean of its grades.
 */
public final class GradedResults {
  /** The name of the figure: a grade from 1 to 10. */
  public static final String METRIC = "grade";

  /** Of the judge's instructions, which are this library's own. */
  private static final String VERSION = "1";

  private GradedResults() {}

  /**
   * A model's answers and their grades.
   *
   * @param prompts what became of the conversations
   */
  public record Graded(ImmutableList<MtBenchAnswer> answers, PromptFacts prompts, Grades grades) {}

  /**
   * Returns the results of models, in their order, on the questions of which each has all grades;
   * none if there is no such question.
   *
   * @param models at least one, with answers to the same questions, graded by one judge
   * @throws IllegalArgumentException if it is not so
   */
  public static ImmutableList<TaskResult> of(List<Graded> models) {
    checkArgument(!models.isEmpty(), "there must be a model");
    for (Graded model : models) {
      checkArgument(
          model.grades().judge().equals(models.get(0).grades().judge())
              && questions(model).equals(questions(models.get(0))),
          "%s must have answered the questions of %s, and the same judge have graded both",
          model.grades().model(),
          models.get(0).grades().model());
    }
    List<Integer> shared =
        questions(models.get(0)).stream()
            .map(MtBenchQuestion::id)
            .filter(
                id -> models.stream().allMatch(one -> one.grades().byQuestion().containsKey(id)))
            .toList();
    return shared.isEmpty()
        ? ImmutableList.of()
        : models.stream()
            .map(model -> result(model, shared))
            .collect(ImmutableList.toImmutableList());
  }

  private static List<MtBenchQuestion> questions(Graded model) {
    return model.answers().stream().map(MtBenchAnswer::question).toList();
  }

  private static TaskResult result(Graded model, List<Integer> shared) {
    Map<Integer, Double> grades = model.grades().byQuestion();
    List<ItemResult> items = new ArrayList<>();
    for (MtBenchAnswer answer : model.answers()) {
      int id = answer.question().id();
      if (shared.contains(id)) {
        items.add(item(answer, grades.getOrDefault(id, Double.NaN)));
      }
    }
    ImmutableDoubleArray figures =
        ImmutableDoubleArray.copyOf(items.stream().mapToDouble(item -> item.value(METRIC)));
    return new TaskResult(
        Tasks.MT_BENCH,
        VERSION,
        0,
        "chat, graded by " + model.grades().judge(),
        METRIC,
        ImmutableMap.of(METRIC, MetricValue.ofMean(figures)),
        0,
        model.prompts(),
        notes(model, figures.length()),
        ImmutableList.copyOf(items));
  }

  private static ItemResult item(MtBenchAnswer answer, double grade) {
    ImmutableList<GeneratedText> texts =
        answer.turns().stream()
            .map(
                turn ->
                    new GeneratedText(
                        turn.text(),
                        0,
                        turn.unfinished()
                            ? GeneratedText.Ending.LENGTH
                            : GeneratedText.Ending.END_TOKEN))
            .collect(ImmutableList.toImmutableList());
    return new ItemResult(
        answer.question().id(),
        answer.question().item().digest(),
        ImmutableMap.of(METRIC, grade),
        -1,
        new ItemAnswer(ImmutableList.of(), texts));
  }

  private static ImmutableList<String> notes(Graded model, int questions) {
    ImmutableList.Builder<String> notes = ImmutableList.builder();
    notes.add("graded from 1 to 10 on " + model.grades().dates());
    int left = model.answers().size() - questions;
    if (left > 0) {
      notes.add(
          "%s of the %s questions are left out, since a model lacks a grade of them"
              .formatted(left, model.answers().size()));
    }
    return notes.addAll(model.prompts().warnings()).build();
  }
}
