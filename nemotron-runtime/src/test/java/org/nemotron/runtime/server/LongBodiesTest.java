package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Bodies that are long, or many. */
final class LongBodiesTest {
  private static final String PATH = "/v1/completions";
  private static final int LONG = 4 * BodyBudget.SHORT_BYTES;
  private static final String LONG_BODY = body(LONG);

  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  /** Returns a body of so many characters. */
  private static String body(int length) {
    String frame = "{'prompt':'%s','max_tokens':1}";
    return String.format(frame, "a ".repeat(length).substring(0, length - frame.length() + 2));
  }

  private static InferenceServer server(long mostBytes) throws IOException {
    return InferenceServer.start(
        generator, ServerSettings.builder().port(0).maxBodiesBytes(mostBytes).build());
  }

  private static String head(int length) {
    return "POST "
        + PATH
        + " HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }

  @Test
  void prompt_thatCannotFit_isRefusedByItsLength() throws IOException {
    try (InferenceServer server = server(1 << 30)) {
      TestClient.Answer answer = new TestClient(server).post(PATH, body(4 << 20));
      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.fault()).isEqualTo("context_length_exceeded prompt");
      int least = generator.tokenizer().leastTokens("a ".repeat(1 << 21));
      assertThat(least).isGreaterThan(100_000);
      assertThat(answer.json().at("/error/message").asText())
          .startsWith("the context has 512 tokens; the prompt has at least ")
          .endsWith(".\nMaybe shorten the prompt.");
      assertThat(answer.text()).doesNotContain("2097");
    }
  }

  @Test
  void bodies_tooLongTogether_areRefusedUntilThereIsRoom() throws IOException {
    try (InferenceServer server = server(LONG)) {
      TestClient client = new TestClient(server);
      try (RawClient slow = new RawClient(server.port())) {
        slow.write(head(LONG));
        slow.write(LONG_BODY.replace('\'', '"').substring(0, LONG / 2));
        Eventually.becomesTrue(
            "half of the first body is there", () -> client.post(PATH, LONG_BODY).status() == 429);
        TestClient.Answer refused = client.post(PATH, LONG_BODY);
        assertThat(refused.fault()).isEqualTo("queue_full null");
        assertThat(Integer.parseInt(refused.header("retry-after"))).isPositive();
        assertThat(client.post("/tokenize", LONG_BODY).status()).isEqualTo(429);
        assertThat(client.post(PATH, "{'prompt':'Once','max_tokens':1}").status()).isEqualTo(200);
      }
      Eventually.becomesTrue(
          "the first caller has left", () -> client.post(PATH, LONG_BODY).status() == 400);
      for (int i = 0; i < 5; i++) {
        assertThat(client.post(PATH, LONG_BODY).status()).isEqualTo(400); // each was released
      }
    }
  }
}
