package org.nemotron.runtime.server;

import static com.google.common.collect.ImmutableSet.toImmutableSet;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** The board asks for metrics that there are. */
final class GrafanaBoardTest {
  private static final Path BOARD = Path.of("../docs/serving-grafana.json");
  private static final Pattern NAME = Pattern.compile("\\b(vllm:|http_|jvm_|process_)[a-z0-9_]+");

  @Test
  void board_metrics_areServed() throws IOException {
    ImmutableSet<String> asked =
        TestClient.parse(Files.readString(BOARD)).findValuesAsText("expr").stream()
            .flatMap(query -> NAME.matcher(query).results())
            .map(MatchResult::group)
            .collect(toImmutableSet());
    try (TextGenerator generator =
            SmallModel.generator(EngineSettings.builder().threads(1).build());
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      TestClient client = new TestClient(server);
      assertThat(client.post("/v1/completions", "{'prompt':'Once'}").status()).isEqualTo(200);
      ImmutableSet<String> served =
          client
              .get("/metrics")
              .text()
              .lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.split("[{ ]")[0])
              .collect(toImmutableSet());
      assertThat(asked).hasSizeGreaterThan(10);
      assertThat(served).containsAll(asked);
    }
  }
}
