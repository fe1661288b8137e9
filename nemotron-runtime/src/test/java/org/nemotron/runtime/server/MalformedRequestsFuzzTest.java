package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Damaged bodies and headers: each is answered, none as if it were the server's fault. */
final class MalformedRequestsFuzzTest {
  @Test
  void bodies_damaged_areTheCallersFault() throws IOException {
    int mutants = Integer.getInteger("fuzz.mutants", 1000);
    Random random = new Random(42);
    try (TextGenerator generator =
            SmallModel.chatting(EngineSettings.builder().threads(1).build(), "{{ messages }}");
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      TestClient client = new TestClient(server);
      for (int i = 0; i < mutants; i++) {
        boolean chat = random.nextBoolean();
        byte[] body =
            DamagedRequests.of(chat ? DamagedRequests.CHAT : DamagedRequests.COMPLETION, random);
        HttpRequest request =
            client
                .request(chat ? "/v1/chat/completions" : "/v1/completions")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        TestClient.Answer answer = client.send(request);
        assertThat(answer.status())
            .as(() -> new String(body, ISO_8859_1) + answer.text())
            .isIn(200, 400, 404);
        assertThat(answer.json().has(answer.status() == 200 ? "choices" : "error")).isTrue();
      }
      assertThat(generator.metrics().failed()).isZero();
    }
  }

  @Test
  void heads_damaged_areAnsweredOrClosed() throws IOException {
    Random random = new Random(43);
    String head =
        "POST /v1/completions HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
            + "Connection: close\r\nContent-Length: 14\r\n\r\n{\"prompt\":\"a\"}";
    try (TextGenerator generator =
            SmallModel.generator(EngineSettings.builder().threads(1).build());
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      for (int i = 0; i < 200; i++) {
        String request = new String(DamagedRequests.of(head, random), ISO_8859_1);
        try (RawClient client = new RawClient(server.port())) {
          client.write(request);
          client.finish();
          assertThat(client.readUntil("\r\n")).as(request).doesNotMatch("HTTP/1.1 5\\d\\d.*\r\n");
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("onnection"); // it was closed
        }
      }
      assertThat(new TestClient(server).get("/health").status()).isEqualTo(200);
    }
  }

  @Test
  void head_tooLong_is431() throws IOException {
    try (InferenceServer server = InferenceServer.listen(ServerSettings.builder().port(0).build());
        RawClient client = new RawClient(server.port())) {
      client.write(
          "GET /health HTTP/1.1\r\nHost: here\r\nX-Long: " + "a".repeat(9000) + "\r\n\r\n");
      assertThat(client.readUntil("\r\n"))
          .isEqualTo("HTTP/1.1 431 Request Header Fields Too Large\r\n");
    }
  }
}
