package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.Streams;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Calls of tools in Llama 3.1's convention over HTTP, whole and streamed. */
final class LlamaToolCallsOverHttpTest {
  private static final String TEMPLATE =
      "{# <|python_tag|> #}{% for m in messages %}{{ m.role }}: {{ m.content }}{% endfor %}";
  private static final String ASKED =
      "'messages':[{'role':'user','content':'Rain?'}],'seed':3,"
          + "'tools':[{'type':'function','function':{'name':'weather','parameters':"
          + "{'type':'object','properties':{'city':{'enum':['Rome','Oslo']}},'required':['city'],"
          + "'additionalProperties':false}}}]";
  private static final String CALL =
      "{\\\"name\\\": \\\"weather\\\", \\\"parameters\\\": {\\\"city\\\": \\\"Oslo\\\"}}";

  private static TextGenerator generator;
  private static InferenceServer server;
  private static TestClient client;

  @BeforeAll
  static void start() throws IOException {
    generator = SmallModel.chatting(EngineSettings.builder().threads(1).build(), TEMPLATE);
    server = InferenceServer.start(generator, ServerSettings.builder().port(0).build());
    client = new TestClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
    generator.close();
  }

  /** Lets the answer be one text, which begins as no required call does. */
  private static String saying(String text) {
    int first = generator.tokenizer().encode(text.substring(0, 1)).get(0);
    return ",'structured_outputs':{'choice':['" + text + "']},'logit_bias':{'" + first + "':100}";
  }

  private static JsonNode whole(String fields) {
    TestClient.Answer answer = client.post("/v1/chat/completions", "{" + ASKED + fields + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().at("/choices/0");
  }

  private static List<JsonNode> streamed(String fields) {
    String body = "{" + ASKED + fields + ",'stream':true}";
    return client.post("/v1/chat/completions", body).events().stream()
        .map(event -> event.at("/choices/0"))
        .toList();
  }

  private static List<JsonNode> deltas(List<JsonNode> choices) {
    return choices.stream()
        .flatMap(choice -> Streams.stream(choice.at("/delta/tool_calls")))
        .toList();
  }

  private static String joined(List<JsonNode> deltas) {
    return deltas.stream()
        .map(delta -> delta.at("/function/arguments").asText())
        .collect(Collectors.joining());
  }

  @Test
  void call_required_hasArgumentsOfItsSchemaWholeAndStreamed() {
    String required = ",'tool_choice':'required'";
    JsonNode choice = whole(required);
    JsonNode call = choice.at("/message/tool_calls/0");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(choice.at("/message/content").isNull()).isTrue();
    assertThat(call.at("/function/name").asText()).isEqualTo("weather");
    String arguments = call.at("/function/arguments").asText();
    assertThat(TestClient.parse(arguments).path("city").asText()).isIn("Rome", "Oslo");

    List<JsonNode> choices = streamed(required);
    List<JsonNode> deltas = deltas(choices);
    assertThat(deltas.get(0).at("/function/name").asText()).isEqualTo("weather");
    assertThat(deltas.get(0).path("id").asText()).startsWith("call_");
    assertThat(joined(deltas)).isEqualTo(arguments);
    assertThat(choices.get(choices.size() - 1).path("finish_reason").asText())
        .isEqualTo("tool_calls");
    assertThat(choices).allMatch(each -> each.at("/delta/content").asText().isEmpty());
  }

  @Test
  void calls_behindTheTag_areDividedWholeAndStreamed() {
    String two = saying("<|python_tag|>" + CALL + "; " + CALL);
    assertThat(whole(two).at("/message/tool_calls")).hasSize(2);
    assertThat(whole(two).at("/message/tool_calls/1/function/arguments").asText())
        .isEqualTo("{\"city\": \"Oslo\"}");
    assertThat(
            deltas(streamed(two)).stream()
                .filter(delta -> delta.has("id"))
                .map(delta -> delta.path("index").asInt()))
        .containsExactly(0, 1);
  }

  @Test
  void call_ofAToolThatIsNotThere_isText() {
    JsonNode choice =
        whole(saying("<|python_tag|>{\\\"name\\\": \\\"time\\\", \\\"parameters\\\": {}}"));
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(choice.at("/message/content").asText()).contains("{\"name\": \"time\"");
    assertThat(choice.path("message").has("tool_calls")).isFalse();
  }
}
