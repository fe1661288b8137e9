package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** A server of a random child whose chat template shows calls of tools, and its caller. */
final class ToolCaller implements AutoCloseable {
  static final String PATH = "/v1/chat/completions";

  private final TextGenerator generator;
  private final InferenceServer server;
  private final String asked;
  final TestClient client;

  /**
   * Starts a server.
   *
   * @param template of the chat, which shows the convention
   * @param asked the fields that every request has
   */
  ToolCaller(String template, String asked) throws IOException {
    this.generator = SmallModel.chatting(EngineSettings.builder().threads(1).build(), template);
    this.server = InferenceServer.start(generator, ServerSettings.builder().port(0).build());
    this.client = new TestClient(server);
    this.asked = asked;
  }

  @Override
  public void close() {
    server.close();
    generator.close();
  }

  /** Returns fields that let the answer be one text, which begins as no call does. */
  String saying(String text) {
    int first = generator.tokenizer().encode(text.substring(0, 1)).get(0);
    return ",'structured_outputs':{'choice':['" + text + "']},'logit_bias':{'" + first + "':100}";
  }

  /** Returns the body of a request with further fields. */
  String body(String fields) {
    return "{" + asked + fields + "}";
  }

  /** Returns the first choice of a whole answer. */
  JsonNode choice(String fields) {
    TestClient.Answer answer = client.post(PATH, body(fields));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().at("/choices/0");
  }

  /** Returns the first choice of each chunk of a stream. */
  List<JsonNode> streamed(String fields) {
    return client.post(PATH, body(fields + ",'stream':true")).events().stream()
        .map(event -> event.at("/choices/0"))
        .toList();
  }

  /** Returns the pieces of calls in chunks. */
  static List<JsonNode> deltas(List<JsonNode> choices) {
    return choices.stream()
        .flatMap(choice -> Streams.stream(choice.at("/delta/tool_calls")))
        .toList();
  }

  /** Returns the arguments of all pieces, joined. */
  static String arguments(List<JsonNode> deltas) {
    return deltas.stream()
        .map(delta -> delta.at("/function/arguments").asText())
        .collect(Collectors.joining());
  }
}
