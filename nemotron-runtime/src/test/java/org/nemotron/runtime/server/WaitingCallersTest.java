package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Callers that hold connections, or whose requests do not come. */
final class WaitingCallersTest {
  private static final String PATH = "/v1/completions";

  private TextGenerator generator;
  private InferenceServer server;

  @BeforeEach
  void start() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).maxBatch(1).build());
    server =
        InferenceServer.start(
            generator,
            ServerSettings.builder()
                .port(0)
                .maxConnections(3)
                .maxWaiting(70, 100_000)
                .pingInterval(Duration.ofSeconds(1))
                .build());
  }

  @AfterEach
  void stop() {
    server.closeNow();
    generator.close();
  }

  @Test
  void connections_tooMany_areClosedUntilOthersLeave() throws IOException {
    RawClient first = new RawClient(server.port());
    RawClient second = new RawClient(server.port());
    RawClient third = new RawClient(server.port());
    for (RawClient client : new RawClient[] {first, second, third}) { // so that it is counted
      client.write("GET /health HTTP/1.1\r\nHost: here\r\n\r\n");
      assertThat(client.readUntil("\r\n")).isEqualTo("HTTP/1.1 200 OK\r\n");
    }
    try (RawClient fourth = new RawClient(server.port())) {
      assertThat(fourth.readUntil("never")).isEmpty();
    }
    first.close();
    Eventually.becomesTrue("there is room again", this::isHealthy);
    second.close();
    third.close();
  }

  private boolean isHealthy() {
    try (RawClient client = new RawClient(server.port())) {
      client.write("GET /health HTTP/1.1\r\nHost: here\r\n\r\n");
      return client.readUntil("\r\n").contains("200");
    } catch (IOException e) { // it was closed
      return false;
    }
  }

  @Test
  void requests_thatDoNotCome_areEnded() throws IOException {
    try (RawClient body = new RawClient(server.port());
        RawClient head = new RawClient(server.port())) {
      body.write("POST " + PATH + " HTTP/1.1\r\nHost: here\r\nContent-Length: 90\r\n");
      body.write("Expect: 100-continue\r\n\r\n");
      assertThat(body.readUntil("\r\n\r\n")).contains("100 Continue");
      body.write("{");
      head.write("POST " + PATH + " HTTP/1.1\r\nHost: h");
      server.look(Duration.ZERO);
      assertThat(body.readUntil("never"))
          .contains("408 Request Timeout", "the body did not come in time");
      assertThat(head.readUntil("never")).isEmpty();
    }
  }
}
