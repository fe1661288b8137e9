package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** The text of streams as their bytes come. */
final class TextAtTheSocketTest {
  /** Characters of one to four bytes, and one of several characters. */
  private static final String TEXT = "a \u00e9\u20ac \ud83d\ude42\ud83d\udc69\u200d\ud83d\ude80!";

  private static TextGenerator generator;
  private static InferenceServer server;

  @BeforeAll
  static void start() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
    server = InferenceServer.start(generator, ServerSettings.builder().port(0).build());
  }

  @AfterAll
  static void stop() {
    server.close();
    generator.close();
  }

  /** Returns the texts of the events of a stream, each by the bytes of its own line. */
  private static List<String> pieces(String fields) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.post(
          "/v1/completions",
          "{'prompt':'Once','max_tokens':200,'stream':true,'structured_outputs':{'choice':['"
              + TEXT
              + "']}"
              + fields
              + "}");
      return client
          .readUntil("[DONE]")
          .lines()
          .filter(line -> line.startsWith("data: {"))
          .map(line -> new String(line.substring(6).getBytes(ISO_8859_1), UTF_8))
          .map(TestClient::parse)
          .map(json -> json.at("/choices/0/text"))
          .map(JsonNode::asText)
          .collect(Collectors.toList());
    }
  }

  @Test
  void charactersOfSeveralBytes_inAStream_areWholeInEachEvent() throws IOException {
    List<String> pieces = pieces("");
    assertThat(String.join("", pieces)).isEqualTo(TEXT);
    assertThat(pieces).hasSizeGreaterThan(5);
    assertThat(pieces).noneMatch(piece -> piece.contains("\ufffd"));
    assertThat(pieces)
        .allMatch(piece -> piece.equals(new String(piece.getBytes(UTF_8), UTF_8)), "whole pairs");
  }

  @Test
  void beginningOfAStop_thatDoesNotFollow_isSentAtTheEnd() throws IOException {
    assertThat(String.join("", pieces(",'stop':['!!','" + TEXT + "?']"))).isEqualTo(TEXT);
  }

  @Test
  void stop_ofCharactersOfSeveralTokens_isNeverSent() throws IOException {
    List<String> pieces = pieces(",'stop':['\ud83d\ude42\ud83d\udc69']");
    assertThat(String.join("", pieces)).isEqualTo("a \u00e9\u20ac ");
  }

  @Test
  void stop_atTheBeginning_leavesAnEmptyAnswer() throws IOException {
    assertThat(String.join("", pieces(",'stop':'a'"))).isEmpty();
  }
}
