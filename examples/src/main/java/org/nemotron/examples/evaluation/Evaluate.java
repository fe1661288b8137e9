package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.run.AnswerStore;
import org.nemotron.core.eval.run.Evaluation;
import org.nemotron.core.eval.run.ItemLog;
import org.nemotron.core.eval.task.BenchmarkTask;
import org.nemotron.core.eval.task.BosPolicy;
import org.nemotron.core.eval.task.TaskItem;
import org.nemotron.core.eval.task.TaskResult;
import org.nemotron.core.eval.task.Tasks;
import org.nemotron.examples.shell.ModelArgument;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts benchmark tasks to models, and compares them. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description =
        "Puts benchmark tasks to models, as lm-evaluation-harness does, and compares the models"
            + " with the first.")
public final class Evaluate implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "MODEL",
      description = "Hugging Face directories, or GGUF; the first is what others are compared with")
  private List<Path> models = List.of();

  @Option(
      names = "--tasks",
      required = true,
      description =
          "tasks, groups and presets, divided by commas: blog, or mmlu:5,arc_easy; or files with"
              + " tasks of your own (.json), as docs/tasks.md describes them")
  private String tasks;

  @Option(names = "--data", required = true, description = "directory with the tasks' data")
  private Path data;

  @Option(names = "--limit", description = "only so many items of each task, the first ones")
  private Optional<Integer> limit;

  @Option(names = "--shots", description = "solved examples before each item, of every task")
  private Optional<Integer> shots;

  @Option(
      names = {"--chat", "--apply_chat_template"},
      description = "write prompts by the models' chat template; they must have the same")
  private boolean chat;

  @Option(
      names = {"--shots-as-turns", "--fewshot_as_multiturn"},
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "true|false",
      defaultValue = "true",
      description =
          "with --chat: whether shots are messages of their own, or all of a prompt is one message"
              + " (default: ${DEFAULT-VALUE})")
  private boolean shotsAsTurns;

  @Option(
      names = "--bos",
      defaultValue = "tokenizer",
      description =
          "whether prompts begin with the token that begins a text: ${COMPLETION-CANDIDATES}"
              + " (default: ${DEFAULT-VALUE})")
  private BosPolicy bos;

  @Option(names = "--json", description = "print JSON instead of tables")
  private boolean json;

  @Option(
      names = "--log",
      paramLabel = "DIR",
      description =
          "keep each item's answer there, programs and conversations: a run that was ended goes on"
              + " from it")
  private Optional<Path> log;

  @Option(
      names = "--batch",
      paramLabel = "TOKENS",
      description = "how many tokens are computed together; changes time and memory only")
  private Optional<Integer> batch;

  @Mixin private ModelOptions computed = new ModelOptions();

  @Mixin private CodeOptions code = new CodeOptions();

  @Mixin private JudgeOptions judge = new JudgeOptions();

  @SuppressWarnings("NullAway.Init") // picocli sets them
  private Evaluate() {}

  @Override
  public Integer call() throws IOException {
    for (Path model : models) {
      Path unused = ModelArgument.checked(model);
    }
    limit.ifPresent(items -> checkArgument(items > 0, "--limit (%s) must be positive", items));
    try {
      print(results());
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled; with --log the same command goes on.");
    }
  }

  private List<ModelResults> results() throws IOException, InterruptedException {
    Map<BenchmarkTask, ImmutableList<TaskItem>> items = items();
    code.check(ImmutableList.copyOf(items.keySet()));
    MtBenchLine conversations =
        MtBenchLine.of(Tasks.selectsMtBench(tasks), judge, models, log, data, limit, this::say);
    List<ModelResults> results = new ArrayList<>();
    WrittenPrograms programs = new WrittenPrograms(items, code, log.orElse(Path.of("")), this::say);
    for (Path model : models) {
      results.add(programs.of(results(model, items, conversations)));
    }
    return conversations.addedTo(results);
  }

  /** All data are read first, so that what is missing is named before anything is computed. */
  private Map<BenchmarkTask, ImmutableList<TaskItem>> items() throws IOException {
    DataDirectory directory = DataDirectory.open(data);
    Map<BenchmarkTask, ImmutableList<TaskItem>> items = new LinkedHashMap<>();
    Optional<Conversations> format =
        chat ? Optional.of(Conversations.of(models)) : Optional.empty();
    for (BenchmarkTask task : Tasks.select(tasks)) {
      BenchmarkTask plain = code.sampled(shots.map(task::withShots).orElse(task));
      BenchmarkTask wanted =
          format.map(template -> plain.withChat(template, shotsAsTurns)).orElse(plain);
      ImmutableList<TaskItem> all = wanted.items(directory);
      items.put(wanted, all.subList(0, Math.min(all.size(), limit.orElse(all.size()))));
    }
    return items;
  }

  private ModelResults results(
      Path path, Map<BenchmarkTask, ImmutableList<TaskItem>> items, MtBenchLine conversations)
      throws IOException {
    try (EvaluatedModel open = EvaluatedModel.open(path, computed.settings(batch))) {
      open.model().notes().forEach(this::say);
      conversations.ask(open);
      if (log.isEmpty()) {
        return results(open, items, AnswerStore.none());
      }
      String file = "items-" + open.fingerprint().hex().substring(0, 16) + ".jsonl";
      try (ItemLog store = ItemLog.open(log.get().resolve(file))) {
        return results(open, items, store);
      }
    }
  }

  private ModelResults results(
      EvaluatedModel open, Map<BenchmarkTask, ImmutableList<TaskItem>> items, AnswerStore store)
      throws IOException {
    Evaluation run =
        new Evaluation(open.model(), open.fingerprint(), bos, store, this::printProgress);
    ImmutableList.Builder<TaskResult> results = ImmutableList.builder();
    for (Map.Entry<BenchmarkTask, ImmutableList<TaskItem>> task : items.entrySet()) {
      results.add(run.run(task.getKey(), task.getValue()));
    }
    ImmutableList<TaskResult> noted =
        chat ? results.build() : TemplateBos.noted(open, results.build());
    return new ModelResults(
        open.path().toString(),
        open.fingerprint().hex(),
        open.device().toString(),
        open.format().name(),
        open.model().maxLength(),
        noted,
        open.model().effort(),
        run.reused(),
        ImmutableList.of());
  }

  private void printProgress(String task, int done, int items) {
    say("%s: %d of %d items".formatted(task, done, items));
  }

  private void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("nemotron: " + line);
    err.flush();
  }

  private void print(List<ModelResults> results) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode all = JsonNodeFactory.instance.objectNode();
      ArrayNode each = all.putArray("models");
      results.forEach(result -> each.add(ResultJson.of(result)));
      ArrayNode comparisons = all.putArray("comparisons");
      Comparison.all(results).forEach(one -> comparisons.add(ComparisonText.json(one)));
      out.println(all.toPrettyString());
    } else {
      results.forEach(result -> new ResultTable(out).print(result));
      Comparison.all(results).forEach(one -> ComparisonText.print(one, out));
    }
    out.flush();
  }
}
