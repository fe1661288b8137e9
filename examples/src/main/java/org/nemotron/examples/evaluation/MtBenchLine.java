package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.nemotron.core.eval.mtbench.GradedResults;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.core.tensor.Seed;

/**
 * MT-Bench among other benchmarks: a line of grades where a judge is named, otherwise one that says
 * that there are none; nothing at all where it is not selected.
 */
final class MtBenchLine {
  private final boolean selected;
  private final JudgeOptions judge;
  private final Optional<MtBenchFiles> files;
  private final List<MtBenchFiles.Answered> answered = new ArrayList<>();

  private MtBenchLine(boolean selected, JudgeOptions judge, Optional<MtBenchFiles> files) {
    this.selected = selected;
    this.judge = judge;
    this.files = files;
  }

  /**
   * Checks what was given, and reads the questions if they are to be asked.
   *
   * @param log receives answers and judgments
   * @param data has the questions
   * @param limit so many questions of each category
   * @throws IllegalArgumentException if a judge is named and something else is missing
   */
  static MtBenchLine of(
      boolean selected,
      JudgeOptions judge,
      List<Path> models,
      Optional<Path> log,
      Path data,
      Optional<Integer> limit,
      Consumer<String> progress)
      throws IOException {
    judge.check();
    if (!judge.isGiven()) {
      return new MtBenchLine(selected, judge, Optional.empty());
    }
    checkArgument(
        selected, "--judge-url needs %s among the --tasks, or the preset blog", Tasks.MT_BENCH);
    Path directory =
        log.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--judge-url needs --log, which keeps answers and judgments"));
    MtBenchFiles.checkNames(models);
    for (Path model : models) {
      Conversations unused = Conversations.of(List.of(model));
    }
    return new MtBenchLine(
        true,
        judge,
        Optional.of(
            new MtBenchFiles(
                directory,
                MtBenchFiles.questions(data, limit),
                Optional.empty(),
                new Seed(0),
                progress)));
  }

  /** Asks the next model, if there is a judge. */
  void ask(EvaluatedModel open) throws IOException {
    if (files.isPresent()) {
      answered.add(files.get().answered(open));
    }
  }

  /** Returns the results of all models that were asked, in their order, with this line. */
  List<ModelResults> addedTo(List<ModelResults> results) throws IOException, InterruptedException {
    if (!selected) {
      return results;
    }
    if (files.isEmpty()) {
      return without(results, "not graded: name a judge with --judge-url");
    }
    ImmutableList<TaskResult> graded = graded(files.get());
    if (graded.isEmpty()) {
      return without(results, "not graded: no question has a grade of every model");
    }
    List<ModelResults> with = new ArrayList<>();
    for (ModelResults model : results) {
      with.add(model.with(graded.get(with.size())));
    }
    return with;
  }

  private ImmutableList<TaskResult> graded(MtBenchFiles from)
      throws IOException, InterruptedException {
    MtBenchResult judged =
        from.judged(
            answered.stream()
                .map(MtBenchFiles.Answered::answers)
                .collect(ImmutableList.toImmutableList()),
            judge,
            false);
    List<GradedResults.Graded> models = new ArrayList<>();
    for (MtBenchFiles.Answered one : answered) {
      models.add(
          new GradedResults.Graded(
              one.answers().answers(), one.prompts(), judged.grades().get(models.size())));
    }
    return GradedResults.of(models);
  }

  private static List<ModelResults> without(List<ModelResults> results, String reason) {
    return results.stream()
        .map(
            model ->
                model.without(
                    new ModelResults.Missing(Tasks.MT_BENCH, GradedResults.METRIC, reason)))
        .toList();
  }
}
