package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.google.common.collect.ImmutableList;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.text.Tokenizer;

final class MtBenchTest {
  private static final MtBench.Question MATH =
      new MtBench.Question(
          7, "math", ImmutableList.of("1+1?", "And 2+2?"), ImmutableList.of("2", "4"));

  private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
  private Path folder;
  private HttpServer server;
  private String reply = "{\"choices\": [{\"message\": {\"content\": \"Right. [[8]]\"}}]}";
  private int status = 200;

  @BeforeEach
  void serve(@TempDir Path temporary) throws IOException {
    folder = temporary;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          asked.add(
              exchange.getRequestHeaders().getFirst("Authorization")
                  + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          byte[] bytes = reply.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void questions_file_areRead() throws IOException {
    Files.writeString(
        folder.resolve("mt_bench_question.jsonl"),
        "{\"question_id\": 7, \"category\": \"math\", \"turns\": [\"1+1?\", \"And 2+2?\"],"
            + " \"reference\": [\"2\", \"4\"]}\n");
    assertThat(MtBench.questions(DataDirectory.open(folder))).containsExactly(MATH);
  }

  @Test
  void answers_secondTurn_isAskedBehindTheFirstAnswer() throws IOException {
    List<String> prompts = new ArrayList<>();
    ChatFormat format =
        (turns, continuesLast) -> {
          String text = String.join("|", turns.stream().map(ChatTurn::content).toList());
          prompts.add(text);
          return text;
        };
    try (Tokenizer tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"))) {
      ImmutableList<MtBench.Answered> answers =
          MtBench.answers(
              ImmutableList.of(MATH), new FakeModel(tokenizer, 1024), format, 16, new Seed(1));
      assertThat(answers.get(0).turns()).hasSize(2);
      assertThat(prompts)
          .containsExactly("1+1?", "1+1?|" + answers.get(0).turns().get(0) + "|And 2+2?");
    }
  }

  @Test
  void answers_categories_haveFastChatsTemperaturesAndTheirOwnSeeds() throws IOException {
    List<GenerationRequest> requests = new ArrayList<>();
    ImmutableList<MtBench.Question> questions =
        Stream.of("writing", "stem", "humanities", "math", "roleplay", "coding")
            .map(
                category ->
                    new MtBench.Question(9, category, ImmutableList.of("?"), ImmutableList.of()))
            .collect(ImmutableList.toImmutableList());
    try (Tokenizer tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"))) {
      FakeModel fake = new FakeModel(tokenizer, 1024);
      ImmutableList<MtBench.Answered> unused =
          MtBench.answers(
              questions,
              new Listening(fake, requests),
              (turns, continuesLast) -> turns.get(0).content(),
              16,
              new Seed(1));
    }
    assertThat(requests)
        .extracting(GenerationRequest::temperature)
        .containsExactly(0.7, 0.1, 0.1, 0.0, 0.7, 0.0);
  }

  @Test
  void questions_unknownCategory_isNamed() throws IOException {
    Files.writeString(
        folder.resolve("mt_bench_question.jsonl"),
        "{\"question_id\": 7, \"category\": \"poems\", \"turns\": [\"?\"]}\n");
    assertThatIOException()
        .isThrownBy(() -> MtBench.questions(DataDirectory.open(folder)))
        .withMessageContaining("question 7: category (poems) must be one of [writing, ");
  }

  @Test
  void write_answers_areFastChats() throws IOException {
    Path file = folder.resolve("answers.jsonl");
    MtBench.write(file, "m", ImmutableList.of(answered()));
    assertThat(file)
        .hasContent(
            "{\"question_id\":7,\"answer_id\":\"m-7\",\"model_id\":\"m\","
                + "\"choices\":[{\"index\":0,\"turns\":[\"two\",\"four\"]}]}\n");
  }

  @Test
  void grade_everyTurn_isMeanByCategory() throws Exception {
    MtBenchJudge.Grades grades = judge().grade(ImmutableList.of(answered()));
    assertThat(grades.mean()).isEqualTo(8);
    assertThat(grades.grades()).isEqualTo(2);
    assertThat(grades.categories()).containsEntry("math", 8.0);
    assertThat(grades.judge()).startsWith("grader at http").doesNotContain("secret");
    assertThat(asked).hasSize(2).allMatch(body -> body.startsWith("Bearer secret{"));
    assertThat(asked.get(1)).contains("two").contains("correct answer:\\n4");
  }

  @Test
  void grade_noGrade_isRefused() {
    reply = "{\"choices\": [{\"message\": {\"content\": \"Nice\"}}]}";
    assertThatIOException()
        .isThrownBy(() -> judge().grade(ImmutableList.of(answered())))
        .withMessageContaining("gave no grade in double brackets.\nMaybe ");
  }

  @Test
  void grade_endpointThatRefuses_isQuoted() {
    status = 401;
    reply = "no key";
    assertThatIOException()
        .isThrownBy(() -> judge().grade(ImmutableList.of(answered())))
        .withMessageEndingWith("answers 401: no key");
  }

  /** A model that notes what is asked of it. */
  private record Listening(LanguageModel model, List<GenerationRequest> heard)
      implements LanguageModel {
    @Override
    public Tokenizer tokenizer() {
      return model.tokenizer();
    }

    @Override
    public int maxLength() {
      return model.maxLength();
    }

    @Override
    public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
      return model.logLikelihoods(requests);
    }

    @Override
    public ImmutableList<GeneratedText> generate(List<GenerationRequest> requests) {
      heard.addAll(requests);
      return model.generate(requests);
    }
  }

  private static MtBench.Answered answered() {
    return new MtBench.Answered(MATH, ImmutableList.of("two", "four"));
  }

  private MtBenchJudge judge() {
    return new MtBenchJudge(
        new ChatEndpoint(
            "http://localhost:" + server.getAddress().getPort() + "/v1/", "grader", "secret"));
  }
}
