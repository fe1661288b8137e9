package org.nemotron.examples.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.examples.shell.Shell;
import picocli.CommandLine;

/** Programs are comments to the shell that runs them, so that all of them pass or none. */
final class EvaluateTest {
  private static final Path TALE = Path.of("models/tale-7m");
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}{{ m.content }}\n{% endfor %}";
  private static final String QUESTIONS =
      """
      {"question_id": 1, "category": "writing", "turns": ["A cat sat.", "Go on."]}
      {"question_id": 2, "category": "math", "turns": ["1 and 1?", "And 2?"]}
      """;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path folder;

  @BeforeEach
  void write(@TempDir Path temporary) throws IOException {
    folder = temporary;
    Path model = Files.createDirectory(folder.resolve("tale"));
    for (String file : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Path unused = Files.copy(TALE.resolve(file), model.resolve(file));
    }
    String config = Files.readString(TALE.resolve("config.json"));
    Files.writeString(
        model.resolve("config.json"),
        config.replaceAll("(\"max_position_embeddings\" *: *)\\d+", "$11100"));
    Files.writeString(
        folder.resolve("HumanEval.jsonl"),
        """
        {"task_id": "HumanEval/3", "prompt": "once upon", "test": "exit 0", "entry_point": "f"}
        {"task_id": "HumanEval/4", "prompt": "the sea", "test": "exit 0", "entry_point": "g"}
        """);
    Files.writeString(folder.resolve("question.jsonl"), QUESTIONS);
  }

  /** Runs the second line from below, which is the test. */
  private String shell() throws IOException {
    Path script = folder.resolve("run.sh");
    Files.writeString(script, "tail -n 2 \"$1\" | head -n 1 > \"$1.sh\"\n. \"$1.sh\"\n");
    return "sh " + script + " {file}";
  }

  private int run(String... arguments) {
    List<String> all = new ArrayList<>(List.of(folder.resolve("tale").toString()));
    all.addAll(List.of("--data", folder.toString(), "--log", folder.resolve("log").toString()));
    all.addAll(List.of(arguments));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Shell.configured(new CommandLine(Evaluate.class))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private List<String> samples() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("log"))) {
      Path file =
          files
              .filter(one -> one.getFileName().toString().startsWith("samples-humaneval-"))
              .findFirst()
              .orElseThrow();
      return Files.readAllLines(file);
    }
  }

  @Test
  void run_noCommand_writesSamplesAndSaysNotRun() throws IOException {
    String[] arguments = {
      "--tasks", "humaneval,mt_bench", "--limit", "1", "--samples", "2", "--temperature", "0.9"
    };
    assertThat(run(arguments)).as(err.toString()).isZero();
    assertThat(out.toString())
        .containsPattern("pass@1 +not run: name a command with --run-code")
        .containsPattern("mt_bench +grade +not graded: name a judge with --judge-url")
        .contains("2 samples at temperature 0.9, seed 0")
        .contains("2 programs are in ");
    List<String> first = samples();
    assertThat(first).hasSize(2).doesNotHaveDuplicates();
    assertThat(first.get(0)).startsWith("{\"task_id\":\"HumanEval/3\",\"completion\":\"");
    // More problems and samples leave those of before as they are, and do not ask for them again.
    String[] more = arguments.clone();
    more[3] = "2";
    more[5] = "3";
    assertThat(run(more)).as(err.toString()).isZero();
    assertThat(out.toString()).contains(", 2 items from the log]");
    assertThat(samples()).hasSize(6).startsWith(first.toArray(String[]::new));
  }

  @Test
  void run_command_givesPassAtK() throws IOException {
    assertThat(
            run(
                "--tasks",
                "humaneval",
                "--samples",
                "2",
                "--temperature",
                "0.5",
                "--pass-at",
                "1,2",
                "--run-code",
                shell(),
                "--run-limit",
                "60",
                "--json"))
        .as(err.toString())
        .isZero();
    JsonNode model = new JsonMapper().readTree(out.toString()).at("/models/0");
    JsonNode metrics = model.at("/tasks/0/metrics");
    assertThat(model.at("/tasks/0/metric").asText()).isEqualTo("pass@1");
    assertThat(metrics.path("pass@1").path("value").asDouble()).isEqualTo(1);
    assertThat(metrics.path("pass@2").path("n").asInt()).isEqualTo(2);
    assertThat(model.path("missing")).isEmpty();
    assertThat(err.toString()).contains("nemotron: humaneval: running 4 programs");
  }

  @Test
  void run_badArguments_areNamedBeforeAnythingIsComputed() {
    assertThat(run("--tasks", "humaneval", "--run-code", "no-such-command {file}")).isNotZero();
    assertThat(err.toString()).contains("the command (no-such-command {file}) cannot be started");
    assertThat(run("--tasks", "humaneval", "--pass-at", "10")).isNotZero();
    assertThat(err.toString()).contains("--pass-at (10) must be from 1 to --samples (1)");
    assertThat(run("--tasks", "humaneval", "--samples", "2")).isNotZero();
    assertThat(err.toString()).contains("samples (2) need a temperature above 0");
    assertThat(run("--tasks", "humaneval", "--run-code", "sh -c 'x' {file}")).isNotZero();
    assertThat(err.toString()).contains("must have no quotes: its words are divided by spaces.");
    assertThat(run("--tasks", "humaneval", "--judge-url", "http://l/v1", "--judge-model", "m"))
        .isNotZero();
    assertThat(err.toString()).contains("--judge-url needs mt_bench among the --tasks");
    assertThat(folder.resolve("log")).doesNotExist();
  }

  @Test
  void run_judge_gradesALine() throws IOException {
    Files.writeString(folder.resolve("tale/chat_template.jinja"), TEMPLATE);
    byte[] grade =
        "{\"choices\": [{\"message\": {\"content\": \"[[8]]\"}}]}".getBytes(StandardCharsets.UTF_8);
    HttpServer judge =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    judge.createContext(
        "/v1/chat/completions",
        exchange -> {
          exchange.sendResponseHeaders(200, grade.length);
          exchange.getResponseBody().write(grade);
          exchange.close();
        });
    judge.start();
    try {
      String url = "http://localhost:" + judge.getAddress().getPort() + "/v1";
      assertThat(run("--tasks", "mt_bench", "--judge-url", url, "--judge-model", "g", "--json"))
          .as(err.toString())
          .isZero();
    } finally {
      judge.stop(0);
    }
    JsonNode task = new JsonMapper().readTree(out.toString()).at("/models/0/tasks/0");
    assertThat(task.path("task").asText()).isEqualTo("mt_bench");
    assertThat(task.at("/metrics/grade/value").asDouble()).isEqualTo(8);
    assertThat(task.at("/metrics/grade/n").asInt()).isEqualTo(2);
    assertThat(task.at("/prompts/firstIds/0").asInt()).isZero();
    assertThat(folder.resolve("log/judgments.jsonl")).exists();
  }

  @Test
  void run_plainPromptsOfAModelWhoseTemplateWritesBos_areWarnedOf() throws IOException {
    Files.writeString(folder.resolve("tale/chat_template.jinja"), TEMPLATE);
    Files.writeString(
        folder.resolve("copa.jsonl"),
        "{\"query\": \"It rained, because\", \"choices\": [\"a\", \"b\"], \"gold\": 0}\n");
    String warning = "warning: prompts of copa begin without BOS (0), which the model's chat";
    assertThat(run("--tasks", "copa")).as(err.toString()).isZero();
    assertThat(out.toString()).contains(warning);
    assertThat(run("--tasks", "copa", "--json")).isZero();
    assertThat(new JsonMapper().readTree(out.toString()).at("/models/0/tasks/0/notes").toString())
        .contains(warning);
    assertThat(run("--tasks", "copa", "--bos", "always")).isZero();
    assertThat(out.toString()).doesNotContain("warning");
  }
}
