package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

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

  private static ToolCaller caller;

  @BeforeAll
  static void start() throws IOException {
    caller = new ToolCaller(TEMPLATE, ASKED);
  }

  @AfterAll
  static void stop() {
    caller.close();
  }

  @Test
  void call_required_hasArgumentsOfItsSchemaWholeAndStreamed() {
    String required = ",'tool_choice':'required'";
    JsonNode choice = caller.choice(required);
    JsonNode call = choice.at("/message/tool_calls/0");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(choice.at("/message/content").isNull()).isTrue();
    assertThat(call.at("/function/name").asText()).isEqualTo("weather");
    String arguments = call.at("/function/arguments").asText();
    assertThat(TestClient.parse(arguments).path("city").asText()).isIn("Rome", "Oslo");

    List<JsonNode> choices = caller.streamed(required);
    List<JsonNode> deltas = ToolCaller.deltas(choices);
    assertThat(deltas.get(0).at("/function/name").asText()).isEqualTo("weather");
    assertThat(deltas.get(0).path("id").asText()).startsWith("call_");
    assertThat(ToolCaller.arguments(deltas)).isEqualTo(arguments);
    assertThat(choices.get(choices.size() - 1).path("finish_reason").asText())
        .isEqualTo("tool_calls");
    assertThat(choices).allMatch(each -> each.at("/delta/content").asText().isEmpty());
  }

  @Test
  void calls_behindTheTag_areDividedWholeAndStreamed() {
    String two = caller.saying("<|python_tag|>" + CALL + "; " + CALL);
    assertThat(caller.choice(two).at("/message/tool_calls")).hasSize(2);
    assertThat(caller.choice(two).at("/message/tool_calls/1/function/arguments").asText())
        .isEqualTo("{\"city\": \"Oslo\"}");
    assertThat(
            ToolCaller.deltas(caller.streamed(two)).stream()
                .filter(delta -> delta.has("id"))
                .map(delta -> delta.path("index").asInt()))
        .containsExactly(0, 1);
  }

  @Test
  void call_ofAToolThatIsNotThere_isText() {
    JsonNode choice =
        caller.choice(
            caller.saying("<|python_tag|>{\\\"name\\\": \\\"time\\\", \\\"parameters\\\": {}}"));
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
    assertThat(choice.at("/message/content").asText()).contains("{\"name\": \"time\"");
    assertThat(choice.path("message").has("tool_calls")).isFalse();
  }
}
