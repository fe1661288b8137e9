package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Calls of tools over HTTP: what a random child writes is given by formats and biases. */
final class ToolCallsOverHttpTest {
  private static final String TEMPLATE =
      "{# <tool_call> #}{% for t in tools or [] %}[{{ t.function.name }}]{% endfor %}"
          + "{% for m in messages %}{{ m.role }}: {{ m.content }}"
          + "{% for c in m.tool_calls or [] %}({{ c.function.arguments.city }}){% endfor %}"
          + "{% endfor %}";
  private static final String TOOLS =
      "'tools':[{'type':'function','function':{'name':'weather','strict':%s,'parameters':"
          + "{'type':'object','properties':{'city':{'enum':['Rome','Oslo']}},'required':['city'],"
          + "'additionalProperties':false}}},"
          + "{'type':'function','function':{'name':'time','parameters':{'type':'object',"
          + "'properties':{},'additionalProperties':false}}}]";
  private static final String ASKED =
      "'messages':[{'role':'user','content':'Rain?'}],'seed':3," + String.format(TOOLS, "false");
  private static final String TWO_CALLS =
      "<tool_call>{\\\"name\\\": \\\"time\\\", \\\"arguments\\\": {}}</tool_call>"
          + "<tool_call>{\\\"name\\\": \\\"weather\\\", \\\"arguments\\\": {\\\"city\\\": 1}}"
          + "</tool_call>";

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
  void call_required_isOneOfTheToolsWithArgumentsOfItsSchema() {
    JsonNode choice = caller.choice(",'tool_choice':'required'");
    JsonNode message = choice.path("message");
    JsonNode call = message.at("/tool_calls/0");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("tool_calls");
    assertThat(message.path("content").isNull()).isTrue();
    assertThat(message.path("tool_calls")).hasSize(1);
    assertThat(call.path("type").asText()).isEqualTo("function");
    assertThat(call.path("id").asText()).startsWith("call_");
    assertThat(call.at("/function/name").asText()).isIn("weather", "time");
    assertThat(TestClient.parse(call.at("/function/arguments").asText()).isObject()).isTrue();
  }

  @Test
  void call_namedAndStreamed_comesInPiecesThatMakeTheWhole() {
    String named = ",'tool_choice':{'type':'function','function':{'name':'weather'}}";
    JsonNode whole = caller.choice(named).at("/message/tool_calls/0/function");
    List<JsonNode> choices = caller.streamed(named);
    List<JsonNode> deltas = ToolCaller.deltas(choices);
    assertThat(deltas.get(0).at("/function/name").asText()).isEqualTo("weather");
    assertThat(deltas.get(0).path("id").asText()).startsWith("call_");
    assertThat(deltas.get(0).path("type").asText()).isEqualTo("function");
    assertThat(deltas).hasSizeGreaterThan(2).allMatch(delta -> delta.path("index").asInt() == 0);
    assertThat(deltas.subList(1, deltas.size()))
        .noneMatch(delta -> delta.has("id") || delta.at("/function").has("name"));
    String arguments =
        deltas.stream()
            .map(delta -> delta.at("/function/arguments").asText())
            .collect(Collectors.joining());
    assertThat(arguments).isEqualTo(whole.path("arguments").asText());
    assertThat(TestClient.parse(arguments).path("city").asText()).isIn("Rome", "Oslo");
    assertThat(choices.get(choices.size() - 1).path("finish_reason").asText())
        .isEqualTo("tool_calls");
    assertThat(choices).allMatch(choice -> choice.at("/delta/content").asText().isEmpty());
  }

  @Test
  void call_cutByItsLength_saysSo() {
    JsonNode choice = caller.choice(",'tool_choice':'required','max_tokens':3");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
  }

  @Test
  void calls_amongText_areDividedFromIt() {
    String said = caller.saying("Well. " + TWO_CALLS);
    JsonNode choice = caller.choice(said);
    assertThat(choice.at("/message/content").asText()).isEqualTo("Well. ");
    assertThat(choice.at("/message/tool_calls")).hasSize(2);
    assertThat(choice.at("/message/tool_calls/1/function/arguments").asText())
        .isEqualTo("{\"city\": 1}");
    List<JsonNode> choices = caller.streamed(said);
    assertThat(
            choices.stream()
                .map(each -> each.at("/delta/content").asText())
                .collect(Collectors.joining()))
        .isEqualTo("Well. ");
    assertThat(
            ToolCaller.deltas(choices).stream()
                .filter(delta -> delta.has("id"))
                .map(delta -> delta.path("index").asInt() + delta.at("/function/name").asText()))
        .containsExactly("0time", "1weather");
  }

  @Test
  void calls_notInParallel_areOne() {
    JsonNode choice =
        caller.choice(caller.saying("Well. " + TWO_CALLS) + ",'parallel_tool_calls':false");
    assertThat(choice.at("/message/tool_calls")).hasSize(1);
  }

  @Test
  void choice_autoWithoutACall_isText() {
    JsonNode choice = caller.choice(caller.saying("No rain.") + ",'tool_choice':'auto'");
    assertThat(choice.at("/message/content").asText()).isEqualTo("No rain.");
    assertThat(choice.path("message").has("tool_calls")).isFalse();
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void choice_none_leavesCallsText() {
    JsonNode choice = caller.choice(caller.saying("Well. " + TWO_CALLS) + ",'tool_choice':'none'");
    assertThat(choice.at("/message/content").asText()).contains("<tool_call>");
    assertThat(choice.path("message").has("tool_calls")).isFalse();
  }

  @Test
  void call_requiredWithLogProbs_hasThoseOfAllTokens() {
    String fields = ",'tool_choice':'required','logprobs':true";
    int whole = caller.choice(fields).at("/logprobs/content").size();
    int pieces =
        caller.streamed(fields).stream()
            .mapToInt(each -> each.at("/logprobs/content").size())
            .sum();
    assertThat(whole).isPositive().isEqualTo(pieces);
  }

  @Test
  void call_requiredBesideAFormat_isRefused() {
    String fields = ",'tool_choice':'required','response_format':{'type':'json_object'}";
    assertThat(caller.client.post(ToolCaller.PATH, caller.body(fields)).fault())
        .isEqualTo("null tool_choice");
  }

  @Test
  void strict_required_isKept() {
    String body =
        "{'messages':[{'role':'user','content':'a'}],'tool_choice':'required',"
            + String.format(TOOLS, "true")
            + "}";
    assertThat(caller.client.post(ToolCaller.PATH, body).status()).isEqualTo(200);
  }

  @Test
  void schema_ofARequiredToolThatIsNotSupported_isRefused() {
    String body =
        "{'messages':[{'role':'user','content':'a'}],'tool_choice':'required',"
            + "'tools':[{'type':'function','function':{'name':'a','parameters':{'type':'object',"
            + "'patternProperties':{}}}}]}";
    assertThat(caller.client.post(ToolCaller.PATH, body).fault()).isEqualTo("null tools");
  }

  @Test
  void conversation_withCallsAndAnswers_reachesTheTemplate() {
    String body =
        "{'messages':[{'role':'user','content':'Rain?'},{'role':'assistant','content':'',"
            + "'tool_calls':[{'id':'call_1','type':'function','function':{'name':'weather',"
            + "'arguments':'{\\\"city\\\":\\\"Rome\\\"}'}}]},"
            + "{'role':'tool','tool_call_id':'call_1','content':'wet'}],"
            + String.format(TOOLS, "false")
            + "}";
    JsonNode tokens = caller.client.post("/tokenize", body).json().path("tokens");
    String text =
        caller
            .client
            .post("/detokenize", "{'tokens':" + tokens + "}")
            .json()
            .path("prompt")
            .asText();
    assertThat(text).isEqualTo("[weather][time]user: Rain?assistant: (Rome)tool: wet");
  }
}
