package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.mtbench.AnswerFile;
import org.nemotron.core.eval.mtbench.AnswerLog;
import org.nemotron.core.eval.mtbench.JudgmentLog;
import org.nemotron.core.eval.mtbench.MtBench;
import org.nemotron.core.eval.mtbench.MtBenchAnswer;
import org.nemotron.core.eval.mtbench.MtBenchAnswers;
import org.nemotron.core.eval.mtbench.MtBenchJudge;
import org.nemotron.core.eval.mtbench.MtBenchQuestion;
import org.nemotron.core.eval.task.PromptFacts;
import org.nemotron.core.tensor.Seed;

/**
 * Answers of models and judgments of them in a directory, from which a run that was ended goes on.
 */
final class MtBenchFiles {
  private static final String ANSWERS_END = ".jsonl";

  private final Path directory;
  private final List<MtBenchQuestion> questions;
  private final Optional<Integer> tokens;
  private final Seed seed;
  private final Consumer<String> progress;

  /**
   * @param tokens the most of an answer; where none are given FastChat's 1,024, but at most half of
   *     what the model reads
   * @param seed of what is drawn in answers
   * @param progress takes a line as answers and judgments come
   */
  MtBenchFiles(
      Path directory,
      List<MtBenchQuestion> questions,
      Optional<Integer> tokens,
      Seed seed,
      Consumer<String> progress) {
    this.directory = directory;
    this.questions = questions;
    this.tokens = tokens;
    this.seed = seed;
    this.progress = progress;
  }

  /** What a model answered, and what became of the conversations. */
  record Answered(MtBenchResult.Answers answers, PromptFacts prompts) {}

  /** Returns the questions of a directory, the first {@code limit} of each category or all. */
  static ImmutableList<MtBenchQuestion> questions(Path data, Optional<Integer> limit)
      throws IOException {
    ImmutableList<MtBenchQuestion> all = MtBench.questions(DataDirectory.open(data));
    return limit.isEmpty() ? all : MtBench.firstOfEach(all, limit.get());
  }

  /** Returns the name of a model in files: the last of its path. */
  static String name(Path model) {
    String last = String.valueOf(model.toAbsolutePath().normalize().getFileName());
    return isAnswers(model) ? last.substring(0, last.length() - ANSWERS_END.length()) : last;
  }

  /** Returns whether a file of answers stands in the place of a model. */
  static boolean isAnswers(Path model) {
    return model.toString().endsWith(ANSWERS_END);
  }

  /**
   * Checks that models can be told apart in files.
   *
   * @throws IllegalArgumentException if two have the same name
   */
  static void checkNames(List<Path> models) {
    Set<String> names = new HashSet<>();
    for (Path model : models) {
      checkArgument(
          names.add(name(model)),
          "two models are called %s, so that their answers would be taken for each other's.\n"
              + "Maybe give one of them by a link with another name.",
          name(model));
    }
  }

  /** Returns the answers of a file. */
  MtBenchResult.Answers read(Path file) throws IOException {
    return new MtBenchResult.Answers(name(file), AnswerFile.read(file, questions));
  }

  /** Returns the answers of a model; those that are in its file are not asked for again. */
  Answered answered(EvaluatedModel open) throws IOException {
    String name = name(open.path());
    MtBenchAnswers model =
        new MtBenchAnswers(
            open.model(),
            Conversations.of(List.of(open.path())),
            new MtBenchAnswers.Settings(open.fingerprint().hex(), most(open), seed));
    try (AnswerLog log = AnswerLog.open(directory.resolve("answers-" + name + ANSWERS_END), name)) {
      ImmutableList<MtBenchAnswer> answers =
          model.to(
              questions,
              log,
              (done, all) ->
                  progress.accept("%s: %d of %d questions answered".formatted(name, done, all)));
      return new Answered(new MtBenchResult.Answers(name, answers), model.facts(answers));
    }
  }

  private int most(EvaluatedModel open) {
    return tokens.orElse(MtBenchAnswers.usualTokens(open.model()));
  }

  /**
   * Returns answers with their judgments; those that are in the file are not asked for again.
   *
   * @param pairs whether models are compared with the first
   */
  MtBenchResult judged(
      ImmutableList<MtBenchResult.Answers> answers, JudgeOptions judge, boolean pairs)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    try (JudgmentLog log = JudgmentLog.open(directory.resolve("judgments.jsonl"))) {
      MtBenchJudge made =
          new MtBenchJudge(
              judge.endpoint(),
              log,
              judge.parallel(),
              (done, all) -> progress.accept("%d of %d judgments".formatted(done, all)));
      return MtBenchResult.of(answers, made, pairs);
    }
  }
}
