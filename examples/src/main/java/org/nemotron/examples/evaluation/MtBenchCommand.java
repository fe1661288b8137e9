package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.mtbench.AnswerFile;
import org.nemotron.core.eval.mtbench.AnswerLog;
import org.nemotron.core.eval.mtbench.JudgmentLog;
import org.nemotron.core.eval.mtbench.MtBench;
import org.nemotron.core.eval.mtbench.MtBenchAnswer;
import org.nemotron.core.eval.mtbench.MtBenchAnswers;
import org.nemotron.core.eval.mtbench.MtBenchJudge;
import org.nemotron.core.eval.mtbench.MtBenchQuestion;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.Device;
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
  private static final String ANSWERS_END = ".jsonl";

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
      defaultValue = "1024",
      description = "of an answer, at most (default: ${DEFAULT-VALUE})")
  private int tokens;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "of what is drawn in answers (default: ${DEFAULT-VALUE})")
  private long seed;

  @Mixin private JudgeOptions judge = new JudgeOptions();

  @Option(names = "--json", description = "print JSON instead of tables")
  private boolean json;

  @Option(
      names = "--device",
      defaultValue = "cpu",
      description = "cpu, cuda or cuda:N (default: ${DEFAULT-VALUE})")
  private String device;

  @Option(
      names = "--weights",
      description =
          "how weights are held: ${COMPLETION-CANDIDATES} (default: what suits the device)")
  private Optional<WeightFormat> weights;

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private MtBenchCommand() {}

  @Override
  public Integer call() throws IOException {
    judge.check();
    limit.ifPresent(count -> checkArgument(count > 0, "--limit (%s) must be positive", count));
    checkNames();
    for (Path model : models) {
      Path unused = isAnswers(model) ? model : ModelArgument.checked(model);
    }
    ImmutableList<MtBenchQuestion> questions =
        QuestionSelection.firstOfEach(MtBench.questions(DataDirectory.open(data)), limit);
    List<MtBenchResult.Answers> answers = new ArrayList<>();
    for (Path model : models) {
      answers.add(new MtBenchResult.Answers(name(model), answers(model, questions)));
    }
    print(judged(ImmutableList.copyOf(answers)));
    return 0;
  }

  /** Models are told apart by their names in files. */
  private void checkNames() {
    Set<String> names = new HashSet<>();
    for (Path model : models) {
      checkArgument(
          names.add(name(model)),
          "two models are called %s, so that their answers would be taken for each other's.\n"
              + "Maybe give one of them by a link with another name.",
          name(model));
    }
  }

  private static boolean isAnswers(Path model) {
    return model.toString().endsWith(ANSWERS_END);
  }

  private static String name(Path model) {
    String last = String.valueOf(model.toAbsolutePath().normalize().getFileName());
    return isAnswers(model) ? last.substring(0, last.length() - ANSWERS_END.length()) : last;
  }

  private ImmutableList<MtBenchAnswer> answers(Path model, List<MtBenchQuestion> questions)
      throws IOException {
    if (isAnswers(model)) {
      return AnswerFile.read(model, questions);
    }
    Conversations format = Conversations.of(List.of(model));
    EvaluatedModel.Settings settings =
        new EvaluatedModel.Settings(Device.parse(device), weights, Optional.empty());
    Path file = out.resolve("answers-" + name(model) + ANSWERS_END);
    try (EvaluatedModel open = EvaluatedModel.open(model, settings);
        AnswerLog log = AnswerLog.open(file, name(model))) {
      PrintWriter err = spec.commandLine().getErr();
      open.model().notes().forEach(note -> err.println("nemotron: " + note));
      return new MtBenchAnswers(
              open.model(),
              format,
              new MtBenchAnswers.Settings(open.fingerprint().hex(), tokens, new Seed(seed)))
          .to(
              questions,
              log,
              (done, all) -> progress(name(model) + ": %d of %d questions answered", done, all));
    }
  }

  private MtBenchResult judged(ImmutableList<MtBenchResult.Answers> answers) throws IOException {
    if (!judge.isGiven()) {
      return MtBenchResult.notGraded(answers);
    }
    Files.createDirectories(out);
    try (JudgmentLog log = JudgmentLog.open(out.resolve("judgments.jsonl"))) {
      MtBenchJudge made =
          new MtBenchJudge(
              judge.endpoint(),
              log,
              judge.parallel(),
              (done, all) -> progress("%d of %d judgments", done, all));
      return MtBenchResult.of(answers, made, judge.pairs());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled; the same command goes on.");
    }
  }

  private void progress(String form, int done, int all) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf("nemotron: " + form + "%n", done, all);
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
