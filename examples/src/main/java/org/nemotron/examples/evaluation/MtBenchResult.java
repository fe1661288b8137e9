package org.nemotron.examples.evaluation;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.function.Predicate;
import org.nemotron.core.eval.mtbench.Grades;
import org.nemotron.core.eval.mtbench.MtBenchAnswer;
import org.nemotron.core.eval.mtbench.MtBenchJudge;
import org.nemotron.core.eval.mtbench.Verdicts;

/**
 * What models answered to MT-Bench, and what a judge says of it.
 *
 * @param answers of each model
 * @param grades of each model; empty where there is no judge
 * @param verdicts of each further model against the first; empty where none were asked for
 */
record MtBenchResult(
    ImmutableList<Answers> answers,
    ImmutableList<Grades> grades,
    ImmutableList<Verdicts> verdicts) {
  /**
   * A model's answers.
   *
   * @param model its name
   */
  record Answers(String model, ImmutableList<MtBenchAnswer> answers) {
    long turns() {
      return answers.stream().mapToLong(answer -> answer.turns().size()).sum();
    }

    long unfinished() {
      return turns(MtBenchAnswer.Turn::unfinished);
    }

    long empty() {
      return turns(turn -> turn.text().isBlank());
    }

    long promptsCut() {
      return turns(turn -> turn.promptCut() > 0);
    }

    private long turns(Predicate<MtBenchAnswer.Turn> which) {
      return answers.stream().flatMap(answer -> answer.turns().stream()).filter(which).count();
    }
  }

  /** Returns answers that nobody judged. */
  static MtBenchResult notGraded(ImmutableList<Answers> answers) {
    return new MtBenchResult(answers, ImmutableList.of(), ImmutableList.of());
  }

  /**
   * Has all judged.
   *
   * @param pairs whether models are compared with the first
   */
  static MtBenchResult of(ImmutableList<Answers> answers, MtBenchJudge judge, boolean pairs)
      throws IOException, InterruptedException {
    ImmutableList.Builder<Grades> grades = ImmutableList.builder();
    for (Answers one : answers) {
      grades.add(judge.grade(one.model(), one.answers()));
    }
    ImmutableList.Builder<Verdicts> verdicts = ImmutableList.builder();
    Answers first = answers.get(0);
    for (Answers other : answers.subList(1, pairs ? answers.size() : 1)) {
      verdicts.add(judge.compare(first.model(), first.answers(), other.model(), other.answers()));
    }
    return new MtBenchResult(answers, grades.build(), verdicts.build());
  }
}
