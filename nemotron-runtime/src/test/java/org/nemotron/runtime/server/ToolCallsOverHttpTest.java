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

/** Calls of tools over HTTP: what a random child writes is given by formats and biases. */
final class ToolCallsOverHttpTest {
  private static final String PATH = "/v1/chat/completions";
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

  /** Lets the answer be one text, which begins as no call does. */
  private static String saying(String text) {
    int first = generator.tokenizer().encode(text.substring(0, 1)).get(0);
    return ",'structured_outputs':{'choice':['" + text + "']},'logit_bias':{'" + first + "':100}";
  }

  private static JsonNode choice(String fields) {
    TestClient.Answer answer = client.post(PATH, "{" + ASKED + fields + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json().at("/choices/0");
  }

  private static List<JsonNode> streamed(String fields) {
    return client.post(PATH, "{" + ASKED + fields + ",'stream':true}").events().stream()
        .map(event -> event.at("/choices/0"))
        .toList();
  }

  private static List<JsonNode> deltas(List<JsonNode> choices) {
    return choices.stream()
        .flatMap(choice -> Streams.stream(choice.at("/delta/tool_calls")))
        .toList();
  }

  @Test
  void call_required_isOneOfTheToolsWithArgumentsOfItsSchema() {
    JsonNode choice = choice(",'tool_choice':'required'");
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
    JsonNode whole = choice(named).at("/message/tool_calls/0/function");
    List<JsonNode> choices = streamed(named);
    List<JsonNode> deltas = deltas(choices);
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
    JsonNode choice = choice(",'tool_choice':'required','max_tokens':3");
    assertThat(choice.path("finish_reason").asText()).isEqualTo("length");
  }

  @Test
  void calls_amongText_areDividedFromIt() {
    String said = saying("Well. " + TWO_CALLS);
    JsonNode choice = choice(said);
    assertThat(choice.at("/message/content").asText()).isEqualTo("Well. ");
    assertThat(choice.at("/message/tool_calls")).hasSize(2);
    assertThat(choice.at("/message/tool_calls/1/function/arguments").asText())
        .isEqualTo("{\"city\": 1}");
    List<JsonNode> choices = streamed(said);
    assertThat(
            choices.stream()
                .map(each -> each.at("/delta/content").asText())
                .collect(Collectors.joining()))
        .isEqualTo("Well. ");
    assertThat(
            deltas(choices).stream()
                .filter(delta -> delta.has("id"))
                .map(delta -> delta.path("index").asInt() + delta.at("/function/name").asText()))
        .containsExactly("0time", "1weather");
  }

  @Test
  void calls_notInParallel_areOne() {
    JsonNode choice = choice(saying("Well. " + TWO_CALLS) + ",'parallel_tool_calls':false");
    assertThat(choice.at("/message/tool_calls")).hasSize(1);
  }

  @Test
  void choice_autoWithoutACall_isText() {
    JsonNode choice = choice(saying("No rain.") + ",'tool_choice':'auto'");
    assertThat(choice.at("/message/content").asText()).isEqualTo("No rain.");
    assertThat(choice.path("message").has("tool_calls")).isFalse();
    assertThat(choice.path("finish_reason").asText()).isEqualTo("stop");
  }

  @Test
  void choice_none_leavesCallsText() {
    JsonNode choice = choice(saying("Well. " + TWO_CALLS) + ",'tool_choice':'none'");
    assertThat(choice.at("/message/content").asText()).contains("<tool_call>");
    assertThat(choice.path("message").has("tool_calls")).isFalse();
  }

  @Test
  void call_requiredWithLogProbs_hasThoseOfAllTokens() {
    String fields = ",'tool_choice':'required','logprobs':true";
    int whole = choice(fields).at("/logprobs/content").size();
    int pieces =
        streamed(fields).stream().mapToInt(each -> each.at("/logprobs/content").size()).sum();
    assertThat(whole).isPositive().isEqualTo(pieces);
  }

  @Test
  void call_requiredBesideAFormat_isRefused() {
    String fields = ",'tool_choice':'required','response_format':{'type':'json_object'}";
    assertThat(client.post(PATH, "{" + ASKED + fields + "}").fault()).isEqualTo("null tool_choice");
  }

  @Test
  void strict_required_isKept() {
    String body =
        "{'messages':[{'role':'user','content':'a'}],'tool_choice':'required',"
            + String.format(TOOLS, "true")
            + "}";
    assertThat(client.post(PATH, body).status()).isEqualTo(200);
  }

  @Test
  void schema_ofARequiredToolThatIsNotSupported_isRefused() {
    String body =
        "{'messages':[{'role':'user','content':'a'}],'tool_choice':'required',"
            + "'tools':[{'type':'function','function':{'name':'a','parameters':{'type':'object',"
            + "'patternProperties':{}}}}]}";
    assertThat(client.post(PATH, body).fault()).isEqualTo("null tools");
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
    JsonNode tokens = client.post("/tokenize", body).json().path("tokens");
    String text =
        client.post("/detokenize", "{'tokens':" + tokens + "}").json().path("prompt").asText();
    assertThat(text).isEqualTo("[weather][time]user: Rain?assistant: (Rome)tool: wet");
  }
}
