package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** A seed is a promise: over HTTP it gives the same bits alone and among 64 other answers. */
final class SeedAmongOthersTest {
  private static final String PATH = "/v1/completions";
  private static final String OTHERS =
      "{'prompt':'The cat','n':64,'max_tokens':400,'ignore_eos':true}";
  private static final String SEEDED =
      "'prompt':'Once','max_tokens':40,'seed':11,'logprobs':3,'echo':true}";

  private static String whole(TestClient client) {
    return client.post(PATH, "{" + SEEDED).json().path("choices").toString();
  }

  /** Returns what the pieces of a stream make together. */
  private static String joined(TestClient client) {
    List<JsonNode> choices =
        client.post(PATH, "{'stream':true," + SEEDED).events().stream()
            .map(event -> event.at("/choices/0"))
            .toList();
    String text =
        choices.stream().map(each -> each.path("text").asText()).collect(Collectors.joining());
    return text
        + choices.stream()
            .flatMap(each -> Streams.stream(each.at("/logprobs/top_logprobs")))
            .map(JsonNode::toString)
            .collect(Collectors.joining());
  }

  @Test
  void answers_aloneAndAmong64Others_haveTheSameBits() throws IOException {
    EngineSettings settings = EngineSettings.builder().threads(1).maxBatch(80).build();
    try (TextGenerator generator = SmallModel.generator(settings);
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      TestClient client = new TestClient(server);
      String whole = whole(client);
      String joined = joined(client);
      CompletableFuture<TestClient.Answer> others =
          CompletableFuture.supplyAsync(() -> client.post(PATH, OTHERS));
      Eventually.becomesTrue("64 others run", () -> generator.metrics().running() >= 64);
      assertThat(whole(client)).isEqualTo(whole);
      assertThat(joined(client)).isEqualTo(joined);
      assertThat(others.join().status()).isEqualTo(200);
    }
  }
}
