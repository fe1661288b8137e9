package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Callers that leave, do not read, are too many or unknown; and the end of a server. */
final class MannersTest {
  private static final String PATH = "/v1/completions";

  /** Some 30,000 tokens. */
  private static final String LONG = "'prompt':'Once','n':64,'max_tokens':500";

  private static final Pattern CONTENT_LENGTH = Pattern.compile("content-length: (\\d+)");
  private static final int MORE_THAN_A_SOCKET_HOLDS = 6 << 20;

  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static ServerSettings.Builder settings() {
    return ServerSettings.builder().port(0);
  }

  private static boolean isIdle() {
    return generator.metrics().running() == 0
        && generator.metrics().queued() == 0
        && generator.metrics().cache().usedPages() == 0;
  }

  private static void awaitCancelled(long before) {
    Eventually.becomesTrue(
        "the answers of a caller that left are cancelled",
        () -> generator.metrics().cancelled() > before && isIdle());
  }

  @Test
  void caller_leavesBeforeAWholeAnswer_isNoticed() throws IOException {
    long before = generator.metrics().cancelled();
    try (InferenceServer server = InferenceServer.start(generator, settings().build())) {
      try (RawClient client = new RawClient(server.port())) {
        client.post(PATH, "{" + LONG + "}");
        Eventually.becomesTrue("it runs", () -> generator.metrics().running() > 0);
      }
      awaitCancelled(before);
    }
  }

  @Test
  void caller_leavesAStream_isNoticed() throws IOException {
    long before = generator.metrics().cancelled();
    try (InferenceServer server = InferenceServer.start(generator, settings().build())) {
      try (RawClient client = new RawClient(server.port())) {
        client.post(PATH, "{" + LONG + ",'stream':true}");
        assertThat(client.readUntil("data: {")).contains("200 OK");
      }
      awaitCancelled(before);
    }
  }

  @Test
  void caller_readsNothing_isCancelledAndHoldsNoPages() throws IOException {
    long before = generator.metrics().cancelled();
    try (InferenceServer server = InferenceServer.start(generator, settings().build());
        RawClient client = new RawClient(server.port(), 4096)) {
      client.post(PATH, "{" + LONG + ",'stream':true,'logprobs':20}");
      awaitCancelled(before);
    }
  }

  @Test
  void callers_hundredsThatLeave_leaveNothingBehind() throws IOException {
    try (InferenceServer server = InferenceServer.start(generator, settings().build())) {
      new VanishingClients(server.port(), 7).run(300);
      Eventually.becomesTrue("nothing is held", MannersTest::isIdle);
      TestClient client = new TestClient(server);
      assertThat(client.post(PATH, "{'prompt':'Once'}").status()).isEqualTo(200);
    }
  }

  @Test
  void requests_tooMany_areRefusedWithATimeAndNoneFails() throws IOException {
    try (InferenceServer server =
        InferenceServer.start(generator, settings().maxWaiting(0, 100_000).build())) {
      TestClient client = new TestClient(server);
      List<CompletableFuture<TestClient.Answer>> answers =
          IntStream.range(0, 24)
              .mapToObj(
                  i ->
                      CompletableFuture.supplyAsync(
                          () -> client.post(PATH, "{'prompt':'a','n':40,'max_tokens':100}")))
              .toList();
      List<TestClient.Answer> all = answers.stream().map(CompletableFuture::join).toList();
      assertThat(all).extracting(TestClient.Answer::status).containsOnly(200, 429);
      TestClient.Answer refused =
          all.stream().filter(answer -> answer.status() == 429).findFirst().orElseThrow();
      assertThat(refused.fault()).isEqualTo("queue_full null");
      assertThat(Integer.parseInt(refused.header("retry-after"))).isPositive();
    }
  }

  @Test
  void keys_guardTheApiButNotHealth() throws IOException {
    try (InferenceServer server =
        InferenceServer.start(generator, settings().apiKeys(List.of("one", "two")).build())) {
      TestClient client = new TestClient(server);
      assertThat(client.get("/v1/models").status()).isEqualTo(401);
      assertThat(client.get("/v1/models").header("www-authenticate")).isEqualTo("Bearer");
      assertThat(client.post("/tokenize", "{}").fault()).isEqualTo("invalid_api_key null");
      assertThat(client.get("/v1/health/ready").status()).isEqualTo(200);
      assertThat(client.get("/metrics").status()).isEqualTo(200);
      assertThat(withKey(client, "Bearer two")).isEqualTo(200);
      assertThat(withKey(client, "Bearer three")).isEqualTo(401);
      assertThat(withKey(client, "two")).isEqualTo(401);
    }
  }

  private static int withKey(TestClient client, String header) {
    HttpRequest request = client.request("/v1/models").header("authorization", header).build();
    return client.send(request).status();
  }

  @Test
  void server_beforeAndAfterItServes_isLiveButNotReady() throws IOException {
    try (InferenceServer server = InferenceServer.listen(settings().build())) {
      TestClient client = new TestClient(server);
      assertThat(client.get("/v1/health/live").status()).isEqualTo(200);
      assertThat(client.get("/v1/health/ready").fault()).isEqualTo("loading null");
      assertThat(client.post(PATH, "{'prompt':'a'}").status()).isEqualTo(503);
      server.serve(generator);
      assertThat(server.isReady()).isTrue();
      assertThat(client.get("/health").status()).isEqualTo(200);
      server.drain();
      assertThat(client.get("/health").fault()).isEqualTo("shutting_down null");
      assertThat(client.get("/v1/health/live").status()).isEqualTo(200);
      assertThat(client.post(PATH, "{'prompt':'a'}").header("retry-after")).isNotEmpty();
    }
  }

  @Test
  void close_longestDrainTime_closes() throws IOException {
    Duration longest = Duration.ofSeconds(Long.MAX_VALUE);
    InferenceServer server =
        InferenceServer.start(
            generator, settings().drainTime(longest).pingInterval(longest).build());
    try (RawClient client = new RawClient(server.port())) {
      client.post(PATH, "{'prompt':'Once','max_tokens':100,'stream':true}");
      assertThat(client.readUntil("data: {")).contains("200 OK");
      server.look(longest);
      server.close();
      assertThat(client.readUntil("never")).contains("[DONE]");
    }
    assertThatThrownBy(() -> new RawClient(server.port()).close()).isInstanceOf(IOException.class);
  }

  @Test
  void close_untilAnswersEnd_waits() throws IOException {
    InferenceServer server = InferenceServer.start(generator, settings().build());
    TestClient client = new TestClient(server);
    CompletableFuture<TestClient.Answer> answer =
        CompletableFuture.supplyAsync(
            () -> client.post(PATH, "{'prompt':'Once','n':8,'max_tokens':400,'stream':true}"));
    Eventually.becomesTrue("it runs", () -> generator.metrics().running() > 0);
    server.close();
    assertThat(answer.join().events()).isNotEmpty();
  }

  @Test
  void closeNow_endsStreamsWithAnErrorAndLeavesNoThreads() throws IOException {
    List<String> warnings = Collections.synchronizedList(new ArrayList<>());
    Logger log = Logger.getLogger("org.nemotron.runtime.server");
    Handler noting =
        new StreamHandler() {
          @Override
          public synchronized void publish(LogRecord warning) {
            warnings.add(warning.getMessage());
          }
        };
    log.addHandler(noting);
    InferenceServer server =
        InferenceServer.start(generator, settings().drainTime(Duration.ofMinutes(5)).build());
    try (RawClient client = new RawClient(server.port())) {
      client.post(PATH, "{'prompt':'Once','n':4,'max_tokens':500,'stream':true}");
      String begin = client.readUntil("data: {");
      CompletableFuture<String> rest = CompletableFuture.supplyAsync(() -> readUnchecked(client));
      CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
      server.closeNow();
      closing.join();
      server.close();
      assertThat(begin + rest.join()).contains("shutting_down");
    } finally {
      log.removeHandler(noting);
    }
    assertThat(warnings).isEmpty(); // such as of answers that did not end in time
    Eventually.becomesTrue("nothing is held", MannersTest::isIdle);
    Eventually.becomesTrue(
        "no thread is left",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().matches("(nemotron-server|vert\\.x).*")));
  }

  @Test
  void close_whileTheReaderPauses_sendsAllOfTheAnswer() throws IOException {
    InferenceServer server = InferenceServer.start(generator, settings().build());
    try (RawClient client = new RawClient(server.port(), 4096)) {
      int length = askForALongAnswer(client);
      CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
      Eventually.becomesTrue("it closes", () -> !server.isReady());
      assertThat(client.in().readNBytes(length)).hasSize(length);
      closing.join();
    }
  }

  /** Returns how long the answer's body is, of which nothing has been read. */
  private static int askForALongAnswer(RawClient client) throws IOException {
    client.post(PATH, "{'prompt':'Once','n':48,'max_tokens':300,'logprobs':20}");
    Matcher head = CONTENT_LENGTH.matcher(client.readUntil("\r\n\r\n"));
    assertThat(head.find()).isTrue();
    int length = Integer.parseInt(head.group(1));
    assertThat(length).isGreaterThan(MORE_THAN_A_SOCKET_HOLDS);
    return length;
  }

  @Test
  void answer_whoseReaderTakesNothing_endsWithItsConnection() throws IOException {
    try (InferenceServer server = InferenceServer.start(generator, settings().build());
        RawClient client = new RawClient(server.port(), 4096)) {
      int length = askForALongAnswer(client);
      server.look(Duration.ofDays(1));
      server.look(Duration.ZERO);
      assertThat(client.in().readAllBytes()).hasSizeLessThan(length);
    }
  }

  @Test
  void close_byManyThreadsAtOnce_endsInAllOfThem() throws IOException {
    for (int round = 0; round < 20; round++) {
      InferenceServer server =
          InferenceServer.listen(settings().drainTime(Duration.ofMinutes(5)).build());
      List<CompletableFuture<Void>> closings =
          Stream.<Runnable>of(server::close, server::closeNow, server::close)
              .map(CompletableFuture::runAsync)
              .toList();
      assertThat(CompletableFuture.allOf(closings.toArray(CompletableFuture[]::new)))
          .succeedsWithin(Duration.ofMinutes(1));
    }
  }

  private static String readUnchecked(RawClient client) {
    try {
      return client.readUntil("no such text");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void seed_aloneAndAmongOthers_givesTheSameBits() throws IOException {
    try (InferenceServer server = InferenceServer.start(generator, settings().build())) {
      TestClient client = new TestClient(server);
      String body = "{'prompt':'Once','max_tokens':60,'seed':11,'logprobs':1}";
      String alone = client.post(PATH, body).json().path("choices").toString();
      CompletableFuture<TestClient.Answer> others =
          CompletableFuture.supplyAsync(() -> client.post(PATH, "{" + LONG + "}"));
      Eventually.becomesTrue("they run", () -> generator.metrics().running() > 40);
      assertThat(client.post(PATH, body).json().path("choices")).hasToString(alone);
      assertThat(others.join().status()).isEqualTo(200);
    }
  }
}
