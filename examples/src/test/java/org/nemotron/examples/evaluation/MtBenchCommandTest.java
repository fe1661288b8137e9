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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.examples.shell.Shell;
import picocli.CommandLine;

final class MtBenchCommandTest {
  private static final Path TALE = Path.of("models/tale-7m");
  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.content }}\n{% endfor %}{% if add_generation_prompt %}Then"
          + "{% endif %}";
  private static final String QUESTIONS =
      """
      {"question_id": 1, "category": "writing", "turns": ["A cat sat.", "Go on."]}
      {"question_id": 2, "category": "writing", "turns": ["A dog.", "More."]}
      {"question_id": 3, "category": "math", "turns": ["1 and 1?", "And 2?"]}
      """;
  private static final String OTHER_ANSWERS =
      """
      {"question_id": 1, "choices": [{"turns": ["fine", "fine"]}]}
      {"question_id": 2, "choices": [{"turns": ["fine", ""]}]}
      {"question_id": 3, "choices": [{"turns": ["fine", "fine"]}]}
      """;

  private final AtomicInteger requests = new AtomicInteger();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private HttpServer server;
  private Path folder;

  /** The judge grades 4 and 9 in turn of the word "fine", and always prefers it. */
  @BeforeEach
  void serve(@TempDir Path temporary) throws IOException {
    folder = temporary;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          requests.incrementAndGet();
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          byte[] bytes =
              ("{\"choices\": [{\"message\": {\"content\": \"" + verdict(body) + "\"}}]}")
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    Files.writeString(folder.resolve("question.jsonl"), QUESTIONS);
    Files.writeString(folder.resolve("other.jsonl"), OTHER_ANSWERS);
    Path model = Files.createDirectory(folder.resolve("tale"));
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Path unused = Files.copy(TALE.resolve(file), model.resolve(file));
    }
    Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
  }

  private static String verdict(String body) {
    int b = body.indexOf("with assistant B");
    if (b < 0) {
      return body.contains("(grade this answer):\\nfine") ? "[[9]]" : "[[4]]";
    }
    return body.substring(0, b).contains("(its last answer):\\nfine") ? "[[A]]" : "[[B]]";
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private int run(String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("--data", folder.toString(), "--out", folder.resolve("out").toString()));
    arguments.addAll(List.of("--tokens", "4"));
    arguments.addAll(List.of(more));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return Shell.configured(new CommandLine(MtBenchCommand.class))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments.toArray(String[]::new));
  }

  private String url() {
    return "http://localhost:" + server.getAddress().getPort() + "/v1";
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void run_noJudge_writesAnswersAndSaysNotGraded() throws IOException {
    assertThat(run(path("tale"))).as(err.toString()).isZero();
    assertThat(out.toString())
        .startsWith("tale: 6 answers to 3 questions, 6 cut at their greatest length")
        .contains("not graded: no --judge-url");
    assertThat(Files.readAllLines(folder.resolve("out/answers-tale.jsonl"))).hasSize(3);
    assertThat(err.toString()).isEqualTo("nemotron: tale: 3 of 3 questions answered\n");
    assertThat(requests).hasValue(0);
  }

  @Test
  void run_judge_gradesAndComparesAndGoesOn() throws IOException {
    String[] arguments = {
      path("tale"), path("other.jsonl"), "--judge-url", url(), "--judge-model", "grader", "--json"
    };
    assertThat(run(arguments)).as(err.toString()).isZero();
    JsonNode json = new JsonMapper().readTree(out.toString());
    assertThat(json.path("graded").asBoolean()).isTrue();
    assertThat(json.at("/models/0/grades/2/category").asText()).isEqualTo("all");
    assertThat(json.at("/models/0/grades/2/mean").asDouble()).isEqualTo(4);
    assertThat(json.at("/models/1/grades/2/grades").asInt()).isEqualTo(6);
    assertThat(json.at("/models/1/empty").asInt()).isEqualTo(1);
    assertThat(json.at("/comparisons/0/pairs/2/wins").asInt()).isEqualTo(5);
    assertThat(json.at("/comparisons/0/pairs/2/contradictory").asInt()).isEqualTo(1);
    assertThat(json.at("/comparisons/0/preserved/value").asDouble()).isGreaterThan(2);
    assertThat(requests).hasValue(6 + 6 + 12);
    assertThat(run(arguments)).isZero();
    assertThat(requests).hasValue(6 + 6 + 12);
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void run_judge_printsTables() {
    assertThat(
            run(
                path("tale"),
                path("other.jsonl"),
                "--limit",
                "1",
                "--judge-url",
                url(),
                "--judge-model",
                "grader"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("tale, graded from 1 to 10 by grader at " + url() + " on ")
        .containsPattern("all +2 +4 +4.00  ± 0.00 +4.00 +4.00")
        .contains("other against tale by grades: 9.00 less 4.00 is 5.00 (5.00 to 5.00); preserved")
        .contains("other against tale, each pair asked in both orders")
        .containsPattern("all +4 +0 +0 +0 +0  100.00 % \\(100.00 to 100.00\\) +50 %");
  }

  @Test
  void run_badArguments_areNamedBeforeAnythingIsComputed() throws IOException {
    assertThat(run(path("tale"), "--judge-url", url())).isNotZero();
    assertThat(err.toString()).contains("--judge-url and --judge-model go together.");
    assertThat(
            run(
                path("tale"),
                "--judge-url",
                url(),
                "--judge-model",
                "m",
                "--judge-key-env",
                "NEMOTRON_NOT_SET"))
        .isNotZero();
    assertThat(err.toString())
        .contains("variable NEMOTRON_NOT_SET (from --judge-key-env) is not set.");
    assertThat(run(path("tale"), path("tale"))).isNotZero();
    assertThat(err.toString()).contains("two models are called tale");
    assertThat(run(TALE.toString())).isNotZero();
    assertThat(err.toString()).contains("has no chat template, which conversations need.");
    Files.writeString(folder.resolve("other.jsonl"), OTHER_ANSWERS.substring(0, 100));
    assertThat(run(path("other.jsonl"))).isNotZero();
    assertThat(err.toString()).contains("other.jsonl, line 2: it is no whole JSON object.");
  }
}
