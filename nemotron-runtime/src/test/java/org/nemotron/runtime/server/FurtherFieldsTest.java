package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.google.common.collect.Streams;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Fields that vLLM adds to the API, on a random child. */
final class FurtherFieldsTest {
  private static final String PATH = "/v1/completions";
  private static final String TEMPLATE = "{{ messages[0].content }}";

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

  private static JsonNode post(String body) {
    TestClient.Answer answer = client.post(PATH, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.json();
  }

  @Test
  void promptLogProbs_areThoseOfEchoByTokenId() {
    String body = "{'prompt':'Once upon a time','max_tokens':2,'seed':1,'n':2,";
    JsonNode echoed =
        post(body + "'echo':true,'logprobs':0}").at("/choices/1/logprobs/token_logprobs");
    JsonNode json = post(body + "'prompt_logprobs':2,'return_token_ids':true}");
    for (JsonNode choice : json.path("choices")) {
      JsonNode scores = choice.path("prompt_logprobs");
      JsonNode ids = choice.path("prompt_token_ids");
      assertThat(scores).hasSize(ids.size());
      assertThat(scores.get(0).isNull()).isTrue();
      for (int i = 1; i < scores.size(); i++) {
        JsonNode own = scores.get(i).path(ids.get(i).asText());
        assertThat(own.path("logprob")).isEqualTo(echoed.get(i));
        assertThat(own.has("rank")).isTrue();
        assertThat(own.path("decoded_token").isTextual()).isTrue();
        assertThat(scores.get(i).size()).isBetween(2, 3);
      }
    }
  }

  @Test
  void promptLogProbs_ofAConversation_areBesideItsAnswers() {
    JsonNode json =
        client
            .post(
                "/v1/chat/completions",
                "{'messages':[{'role':'user','content':'A cat.'}],'max_tokens':2,"
                    + "'prompt_logprobs':0}")
            .json();
    assertThat(json.path("prompt_logprobs").size())
        .isEqualTo(json.at("/usage/prompt_tokens").asInt());
  }

  @Test
  void echoWithLogProbs_streamed_comesInPiecesThatMakeTheWhole() {
    String body = "{'prompt':['Once upon','Two'],'max_tokens':9,'seed':2,'echo':true,'logprobs':1";
    JsonNode whole = post(body + "}");
    List<JsonNode> events = client.post(PATH, body + ",'stream':true}").events();
    for (int index = 0; index < 2; index++) {
      int wanted = index;
      List<JsonNode> pieces =
          events.stream()
              .map(event -> event.at("/choices/0"))
              .filter(choice -> choice.path("index").asInt() == wanted)
              .toList();
      assertThat(pieces).hasSizeGreaterThan(4);
      for (String list : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
        assertThat(
                pieces.stream()
                    .flatMap(piece -> Streams.stream(piece.path("logprobs").path(list)))
                    .toList())
            .as(list)
            .isEqualTo(
                Streams.stream(whole.at("/choices/" + index + "/logprobs/" + list)).toList());
      }
    }
  }

  @Test
  void badWords_ofOneAndOfMoreTokens_areNotInTheAnswer() {
    String body = "{'prompt':'Once','max_tokens':30,'temperature':0,'return_token_ids':true";
    JsonNode free = post(body + "}").at("/choices/0");
    String text = free.path("text").asText();
    JsonNode ids = free.path("token_ids");
    String begin = generator.tokenizer().decode(ids(ids, 4, 6)).strip();
    JsonNode row =
        client
            .post("/tokenize", "{'prompt':" + quoted(" " + begin) + ",'add_special_tokens':false}")
            .json()
            .path("tokens");
    JsonNode held = post(body + ",'bad_words':[" + quoted(begin) + "]}").at("/choices/0/token_ids");
    assertThat(text).contains(begin);
    assertThat(held.toString()).doesNotContain(inner(row));
    assertThat(held).isNotEqualTo(ids);
    JsonNode one = client.post("/tokenize", "{'prompt':'the'}").json().path("tokens");
    JsonNode biased =
        post(body + ",'bad_words':['the'],'logit_bias':{'" + one.get(one.size() - 1) + "':100}}");
    assertThat(biased.at("/choices/0/token_ids").toString())
        .doesNotContain("[" + one.get(one.size() - 1) + ",");
  }

  private static ImmutableIntArray ids(JsonNode list, int from, int to) {
    ImmutableIntArray.Builder ids = ImmutableIntArray.builder();
    for (int i = from; i < to; i++) {
      ids.add(list.get(i).asInt());
    }
    return ids.build();
  }

  private static String inner(JsonNode list) {
    return list.toString().replaceAll("[\\[\\]]", "");
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  @Test
  void specialTokens_notSkipped_areInTheTextAndItsOffsets() {
    String body =
        "{'prompt':'Once','max_tokens':3,'allowed_token_ids':[0],'logprobs':0,"
            + "'skip_special_tokens':%s}";
    String special = generator.tokenizer().decode(ImmutableIntArray.of(0));
    JsonNode shown = post(String.format(body, false)).at("/choices/0");
    JsonNode hidden = post(String.format(body, true)).at("/choices/0");
    assertThat(shown.path("text").asText()).isEqualTo(special.repeat(3));
    assertThat(hidden.path("text").asText()).isEmpty();
    assertThat(shown.at("/logprobs/text_offset/2").asInt()).isEqualTo(2 * special.length());
    assertThat(hidden.at("/logprobs/text_offset/2").asInt()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1e-300", "2", "1e300"})
  void temperature_anyThatIsNotNegative_isAccepted(String temperature) {
    JsonNode json = post("{'prompt':'Once','max_tokens':4,'temperature':" + temperature + "}");
    assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'bad_words':['a'],'guided_regex':'a'",
        "'bad_words':['a'],'allowed_token_ids':[5]",
        "'bad_words':[' ']",
        "'prompt_logprobs':1,'stream':true",
        "'prompt_logprobs':21",
        "'allowed_token_ids':[300],'guided_choice':['cat']",
        "'allowed_token_ids':[300],'stop_token_ids':[300],'min_tokens':2"
      })
  void fields_thatCannotBeMet_areTheCallersFault(String fields) {
    TestClient.Answer answer = client.post(PATH, "{'prompt':'Once','max_tokens':5," + fields + "}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
  }

  @Test
  void tokenizerInfo_hasTheChatTemplate() {
    assertThat(client.get("/tokenizer_info").json().path("chat_template").asText())
        .isEqualTo(TEMPLATE);
  }

  @Test
  void fingerprint_ofOtherWeights_differs() throws IOException {
    String mine = client.get("/v1/metadata").json().path("fingerprint").asText();
    assertThat(mine).isEqualTo(fingerprint(1)).isNotEqualTo(fingerprint(1.0001));
  }

  private static String fingerprint(double scale) throws IOException {
    try (TextGenerator other =
            SmallModel.generator(EngineSettings.builder().threads(1).build(), scale);
        InferenceServer served =
            InferenceServer.start(other, ServerSettings.builder().port(0).build())) {
      return new TestClient(served).get("/v1/metadata").json().path("fingerprint").asText();
    }
  }

  @Test
  void metrics_ofRequestsAndSteps_areCounted() {
    JsonNode unused = post("{'prompt':'Once','max_tokens':5,'n':2}");
    String text = client.get("/metrics").text();
    for (String name :
        List.of(
            "request_params_n", "request_max_num_generation_tokens", "iteration_tokens_total")) {
      assertThat(text)
          .contains("# TYPE vllm:" + name + " histogram")
          .containsPattern("vllm:" + name + "_count\\{model_name=\"nemotron\"\\} [1-9]")
          .containsPattern(
              "vllm:" + name + "_bucket\\{model_name=\"nemotron\",le=\"\\+Inf\"\\} [1-9]");
    }
  }
}
