package org.nemotron.core.eval.mtbench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.eval.task.TaskComparison;
import org.nemotron.core.eval.task.TaskResult;

final class GradedResultsTest {
  private static final PromptFacts PROMPTS =
      new PromptFacts(
          BosPolicy.NEVER, ImmutableIntArray.of(1), 1, 1, 0, 0, 0, ImmutableList.of("warning: w"));

  /** A model whose questions, numbered from 0, have two turns each with these grades. */
  private static GradedResults.Graded graded(String judge, double[]... grades) {
    ImmutableList.Builder<MtBenchAnswer> answers = ImmutableList.builder();
    ImmutableList.Builder<Grades.Grade> all = ImmutableList.builder();
    for (int id = 0; id < grades.length; id++) {
      MtBenchQuestion question =
          new MtBenchQuestion(id, "math", ImmutableList.of("q" + id, "more"), ImmutableList.of());
      MtBenchAnswer.Turn turn = new MtBenchAnswer.Turn("text", false, 0);
      answers.add(new MtBenchAnswer(question, ImmutableList.of(turn, turn)));
      for (int number = 0; number < 2; number++) {
        all.add(new Grades.Grade(id, "math", number, grades[id][number]));
      }
    }
    return new GradedResults.Graded(
        answers.build(), PROMPTS, new Grades("m", judge, "2026-11-27", all.build()));
  }

  @Test
  void of_grades_areMeansOfQuestions() {
    TaskResult result =
        GradedResults.of(List.of(graded("j", new double[] {4, 6}, new double[] {9, 9}))).get(0);
    assertThat(result.task()).isEqualTo("mt_bench");
    assertThat(result.settings()).isEqualTo("chat, graded by j");
    assertThat(result.quoted().value()).isEqualTo(7);
    assertThat(result.quoted().standardError()).isEqualTo(2);
    assertThat(result.quoted().n()).isEqualTo(2);
    assertThat(result.notes()).containsExactly("graded from 1 to 10 on 2026-11-27", "warning: w");
  }

  @Test
  void of_questionThatOneModelHasNoGradeOf_isLeftOutOfAll() {
    ImmutableList<TaskResult> results =
        GradedResults.of(
            List.of(
                graded("j", new double[] {4, 6}, new double[] {9, 9}),
                graded("j", new double[] {2, Double.NaN}, new double[] {6, 6})));
    assertThat(results).extracting(result -> result.quoted().value()).containsExactly(9.0, 6.0);
    assertThat(results.get(0).notes())
        .contains("1 of the 2 questions are left out, since a model lacks a grade of them");
    assertThat(TaskComparison.items(results.get(0), results.get(1)).size()).isEqualTo(1);
  }

  @Test
  void of_noSharedQuestion_isNothing() {
    assertThat(GradedResults.of(List.of(graded("j", new double[] {4, Double.NaN})))).isEmpty();
  }

  @Test
  void of_twoJudges_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                GradedResults.of(
                    List.of(graded("j", new double[] {4, 6}), graded("k", new double[] {4, 6}))))
        .withMessage(
            "m must have answered the questions of m, and the same judge have graded both");
  }
}
