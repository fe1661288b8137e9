package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.mtbench.AnswerLog;
import org.nemotron.core.eval.mtbench.ChatEndpoint;
import org.nemotron.core.eval.mtbench.GradedResults;
import org.nemotron.core.eval.mtbench.Grades;
import org.nemotron.core.eval.mtbench.JudgmentLog;
import org.nemotron.core.eval.mtbench.MtBench;
import org.nemotron.core.eval.mtbench.MtBenchAnswer;
import org.nemotron.core.eval.mtbench.MtBenchAnswers;
import org.nemotron.core.eval.mtbench.MtBenchJudge;
import org.nemotron.core.eval.mtbench.MtBenchQuestion;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.Seed;
import org.nemotron.nas.report.BenchmarkTable;

/**
 * MT-Bench of a plan: what models answer, and a judge's grades of it. Without a judge nothing is
 * asked, and a sentence stands in the place of the figures.
 *
 * <p>Answers are in {@code mt-bench} of the run's directory, those of the last evaluation; a
 * judgment stays there, and is not asked for again while the answer is the same.
 */
final class PlanConversations {
  private static final String NOT_GRADED = "not graded";
  private static final int JUDGMENTS_AT_A_TIME = 4;

  private final boolean selected;
  private final Path directory;
  private final ImmutableList<MtBenchQuestion> questions;
  private final Optional<ChatEndpoint> judge;
  private final Optional<ChatFormat> format;

  private PlanConversations(
      boolean selected,
      Path directory,
      ImmutableList<MtBenchQuestion> questions,
      Optional<ChatEndpoint> judge,
      Optional<ChatFormat> format) {
    this.selected = selected;
    this.directory = directory;
    this.questions = questions;
    this.judge = judge;
    this.format = format;
  }

  /**
   * Reads the questions, if they are to be asked.
   *
   * @throws IOException if their file is missing or damaged
   * @throws IllegalArgumentException if a judge is named, and MT-Bench, the variable of the key or
   *     {@code format} is missing
   */
  static PlanConversations read(CompressionPlan plan, Optional<ChatFormat> format)
      throws IOException {
    EvaluationPlan wanted = plan.evaluation();
    boolean selected = Tasks.selectsMtBench(wanted.tasks());
    Path directory = plan.execution().output().resolve("mt-bench");
    if (!wanted.judge().namesEndpoint()) {
      return new PlanConversations(
          selected, directory, ImmutableList.of(), Optional.empty(), format);
    }
    checkArgument(
        selected,
        "evaluation.judge needs %s among evaluation.tasks (%s), or the preset blog",
        Tasks.MT_BENCH,
        wanted.tasks());
    checkArgument(
        format.isPresent(),
        "evaluation.judge needs the interpreter of the parent's chat template.\n"
            + "Maybe CompressionPipeline.chatFormat was not called.");
    ImmutableList<MtBenchQuestion> all = MtBench.questions(DataDirectory.open(wanted.data()));
    return new PlanConversations(
        true,
        directory,
        wanted.limit() == 0 ? all : MtBench.firstOfEach(all, wanted.limit()),
        Optional.of(wanted.judge().endpoint()),
        format);
  }

  /** Returns whether the plan names MT-Bench. */
  boolean isSelected() {
    return selected;
  }

  /** What a model answered. */
  record Answered(String model, ImmutableList<MtBenchAnswer> answers, PromptFacts prompts) {}

  /**
   * Returns what a model answers; nothing if there is no judge.
   *
   * @param name of its file
   */
  Optional<Answered> ask(String name, LanguageModel model) throws IOException {
    if (judge.isEmpty()) {
      return Optional.empty();
    }
    MtBenchAnswers answers =
        new MtBenchAnswers(
            model,
            format.orElseThrow(),
            new MtBenchAnswers.Settings(name, MtBenchAnswers.usualTokens(model), new Seed(0)));
    // A model in memory has no fingerprint: what another one answered must not be taken for its.
    Path file = directory.resolve("answers-" + name + ".jsonl");
    Files.deleteIfExists(file);
    try (AnswerLog log = AnswerLog.open(file, name)) {
      ImmutableList<MtBenchAnswer> written =
          answers.to(questions, log, (done, all) -> Cancellation.check());
      return Optional.of(new Answered(name, written, answers.facts(written)));
    }
  }

  /**
   * The grades, or why there are none. A judge that cannot be reached does not end a run, whose
   * other figures took long to come by.
   *
   * @param results of each model, in the order of their answers; none where there are no grades
   * @param missing the sentence in their place, else none
   */
  record Graded(ImmutableList<TaskResult> results, ImmutableList<BenchmarkTable.Missing> missing) {
    private static Graded none(String reason) {
      return new Graded(
          ImmutableList.of(),
          ImmutableList.of(
              new BenchmarkTable.Missing(
                  Tasks.MT_BENCH, GradedResults.METRIC, NOT_GRADED, reason)));
    }
  }

  /** Returns the grades of all models. */
  Graded graded(List<Answered> models) {
    if (!selected) {
      return new Graded(ImmutableList.of(), ImmutableList.of());
    }
    if (judge.isEmpty()) {
      return Graded.none("evaluation.judge names no endpoint");
    }
    try {
      ImmutableList<TaskResult> results = GradedResults.of(judged(models, judge.get()));
      return results.isEmpty()
          ? Graded.none("no question has a grade of every model")
          : new Graded(results, ImmutableList.of());
    } catch (IOException e) {
      return Graded.none(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      Cancellation.check();
      throw new IllegalStateException(e);
    }
  }

  private List<GradedResults.Graded> judged(List<Answered> models, ChatEndpoint endpoint)
      throws IOException, InterruptedException {
    List<GradedResults.Graded> graded = new ArrayList<>();
    try (JudgmentLog log = JudgmentLog.open(directory.resolve("judgments.jsonl"))) {
      MtBenchJudge made =
          new MtBenchJudge(endpoint, log, JUDGMENTS_AT_A_TIME, (done, all) -> Cancellation.check());
      for (Answered model : models) {
        Grades grades = made.grade(model.model(), model.answers());
        graded.add(new GradedResults.Graded(model.answers(), model.prompts(), grades));
      }
    }
    return graded;
  }
}
