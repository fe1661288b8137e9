package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** A server whose engine does not run any more. */
final class EndedEngineTest {
  private static final List<String> PROBES =
      List.of("/v1/health/live", "/v1/health/ready", "/health");

  private static TextGenerator generator() throws IOException {
    return SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  private static ServerSettings settings() {
    return ServerSettings.builder().port(0).build();
  }

  @Test
  void health_engineEnded_isNotLiveSoThatAWatcherStartsTheProcessAgain() throws IOException {
    TextGenerator generator = generator();
    try (InferenceServer server = InferenceServer.start(generator, settings())) {
      TestClient client = new TestClient(server);
      assertThat(client.get("/v1/health/live").status()).isEqualTo(200);
      generator.close();
      for (String probe : PROBES) {
        TestClient.Answer answer = client.get(probe);
        assertThat(answer.status()).as(probe).isEqualTo(503);
        assertThat(answer.fault()).as(probe).isEqualTo("engine_ended null");
        assertThat(answer.header("retry-after")).as(probe).isEmpty();
      }
      server.drain();
      assertThat(client.get("/v1/health/live").status()).isEqualTo(200);
    }
  }

  @Test
  void start_generatorClosed_isRefused() throws IOException {
    TextGenerator generator = generator();
    generator.close();
    assertThatThrownBy(() -> InferenceServer.start(generator, settings()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the generator is closed, or its engine has ended");
  }
}
