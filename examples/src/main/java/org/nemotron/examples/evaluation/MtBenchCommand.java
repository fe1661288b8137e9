package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.nemotron.core.tensor.Seed;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Has models answer MT-Bench, and another model grade and compare the answers. */
@Command(
    name = "mt-bench",
    mixinStandardHelpOptions = true,
    description =
        "Has models answer the questions of MT-Bench, and a model behind an endpoint grade the"
            + " answers and compare each model's with the first one's. Goes on where it was ended.")
public final class MtBenchCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description =
          "Hugging Face directories, GGUF, or .jsonl files of answers in FastChat's form; the"
              + " first is what others are compared with")
  private List<Path> models = List.of();

  @Option(
      names = "--data",
      required = true,
      description = "directory with FastChat's question.jsonl, or mt_bench_question.jsonl")
  private Path data;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "receives answers-MODEL.jsonl of each model, and judgments.jsonl")
  private Path out;

  @Option(names = "--limit", description = "the first questions of each category only")
  private Optional<Integer> limit;

  @Option(
      names = "--tokens",
      description =
          "of an answer, at most (default: 1024, or half of what the model reads at once)")
  private Optional<Integer> tokens;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "of what is drawn in answers (default: ${DEFAULT-VALUE})")
  private long seed;

  @Mixin private JudgeOptions judge = new JudgeOptions();

  @Option(
      names = "--no-pairs",
      description = "grade only; do not have the judge compare each model with the first")
  private boolean noPairs;

  @Option(names = "--json", description = "print JSON instead of tables")
  private boolean json;

  @Mixin private ModelOptions computed = new ModelOptions();

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private MtBenchCommand() {}

  @Override
  public Integer call() throws IOException {
    judge.check();
    limit.ifPresent(count -> checkArgument(count > 0, "--limit (%s) must be positive", count));
    MtBenchFiles.checkNames(models);
    for (Path model : models) {
      Path unused = MtBenchFiles.isAnswers(model) ? model : ModelArgument.checked(model);
    }
    MtBenchFiles files =
        new MtBenchFiles(
            out, MtBenchFiles.questions(data, limit), tokens, new Seed(seed), this::printLine);
    List<MtBenchResult.Answers> answers = new ArrayList<>();
    for (Path model : models) {
      answers.add(MtBenchFiles.isAnswers(model) ? files.read(model) : answered(model, files));
    }
    print(judged(ImmutableList.copyOf(answers), files));
    return 0;
  }

  private MtBenchResult.Answers answered(Path model, MtBenchFiles files) throws IOException {
    try (EvaluatedModel open = EvaluatedModel.open(model, computed.settings(Optional.empty()))) {
      open.model().notes().forEach(this::printLine);
      return files.answered(open).answers();
    }
  }

  private MtBenchResult judged(ImmutableList<MtBenchResult.Answers> answers, MtBenchFiles files)
      throws IOException {
    if (!judge.isGiven()) {
      return MtBenchResult.notGraded(answers);
    }
    try {
      return files.judged(answers, judge, !noPairs);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled; the same command goes on.");
    }
  }

  private void printLine(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("nemotron: " + line);
    err.flush();
  }

  private void print(MtBenchResult result) {
    PrintWriter writer = spec.commandLine().getOut();
    if (json) {
      writer.println(MtBenchJson.of(result).toPrettyString());
    } else {
      new MtBenchTable(writer).print(result);
    }
    writer.flush();
  }
}
