package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpClient;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/** Completions over HTTP, whole and streamed, on a random child. */
final class CompletionsTest {
  private static final String PATH = "/v1/completions";
  private static TextGenerator generator;
  private static InferenceServer server;
  private static TestClient client;

  @BeforeAll
  static void start() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
    server = InferenceServer.start(generator, ServerSettings.builder().port(0).build());
    client = new TestClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
    generator.close();
  }

  private static GenerationResult direct(String prompt, int tokens, long seed) {
    return generator.generate(
        GenerationRequest.continuing(prompt)
            .maxNewTokens(tokens)
            .sampling(SamplingParams.builder().seed(seed).build())
            .build());
  }

  private static String texts(List<JsonNode> events) {
    return events.stream()
        .map(event -> event.path("choices").path(0).path("text").asText())
        .collect(Collectors.joining());
  }

  @Test
  void completion_seeded_isTheEnginesAnswer() {
    TestClient.Answer answer =
        client.post(PATH, "{'prompt':'Once upon','max_tokens':12,'seed':7,'model':'nemotron'}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode json = answer.json();
    GenerationResult expected = direct("Once upon", 12, 7);
    assertThat(json.at("/choices/0/text").asText()).isEqualTo(expected.text());
    assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("length");
    assertThat(json.at("/object").asText()).isEqualTo("text_completion");
    assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(12);
    assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(expected.promptTokens());
    assertThat(json.at("/system_fingerprint").asText()).startsWith("fp_");
    assertThat(json.at("/id").asText()).isEqualTo("cmpl-" + answer.header("x-request-id"));
  }

  @Test
  void completion_streamed_isTheWholeAnswerInPieces() {
    String body = "{'prompt':'Once upon','max_tokens':40,'seed':7,'stream':true}";
    TestClient.Answer answer = client.post(PATH, body);
    assertThat(answer.header("content-type")).isEqualTo("text/event-stream; charset=utf-8");
    assertThat(answer.header("x-accel-buffering")).isEqualTo("no");
    List<JsonNode> events = answer.events();
    assertThat(texts(events)).isEqualTo(direct("Once upon", 40, 7).text());
    assertThat(events).allMatch(event -> event.path("choices").size() == 1);
    assertThat(events).noneMatch(event -> event.has("usage"));
    assertThat(events.get(events.size() - 1).at("/choices/0/finish_reason").asText())
        .isEqualTo("length");
    assertThat(events.get(0).at("/choices/0/finish_reason").isNull()).isTrue();
  }

  @Test
  void completion_usageAsked_comesLastWithoutChoices() {
    List<JsonNode> events =
        client
            .post(
                PATH,
                "{'prompt':'Once','max_tokens':5,'stream':true,"
                    + "'stream_options':{'include_usage':true}}")
            .events();
    JsonNode last = events.get(events.size() - 1);
    assertThat(last.path("choices").isArray()).isTrue();
    assertThat(last.path("choices")).isEmpty();
    assertThat(last.at("/usage/completion_tokens").asInt()).isEqualTo(5);
    assertThat(events.subList(0, events.size() - 1))
        .allMatch(event -> event.has("usage") && event.path("usage").isNull());
  }

  @Test
  void completion_severalPromptsAndAnswers_arePromptMajorWithSeedsOfTheirOwn() {
    JsonNode json =
        client
            .post(PATH, "{'prompt':['Once upon','The cat'],'n':2,'max_tokens':8,'seed':5}")
            .json();
    assertThat(json.path("choices")).hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(json.at("/choices/" + i + "/index").asInt()).isEqualTo(i);
      assertThat(json.at("/choices/" + i + "/text").asText())
          .isEqualTo(direct(i < 2 ? "Once upon" : "The cat", 8, 5 + i % 2).text());
    }
    assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(32);
    assertThat(json.at("/usage/prompt_tokens").asInt())
        .isEqualTo(
            direct("Once upon", 1, 1).promptTokens() + direct("The cat", 1, 1).promptTokens());
  }

  @Test
  void completion_tokenIds_isThatOfTheirText() {
    JsonNode ids = client.post("/tokenize", "{'prompt':'Once upon'}").json().path("tokens");
    String body = "{'prompt':%s,'max_tokens':8,'seed':5}";
    JsonNode one = client.post(PATH, String.format(body, ids)).json();
    JsonNode two = client.post(PATH, String.format(body, "[" + ids + "," + ids + "]")).json();
    String expected = direct("Once upon", 8, 5).text();
    assertThat(one.at("/choices/0/text").asText()).isEqualTo(expected);
    assertThat(two.at("/choices/1/text").asText()).isEqualTo(expected);
  }

  @Test
  void completion_logProbs_areFourListsOfOneLength() {
    JsonNode logProbs =
        client
            .post(PATH, "{'prompt':'Once','max_tokens':6,'logprobs':2,'seed':1}")
            .json()
            .at("/choices/0/logprobs");
    for (String name : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      assertThat(logProbs.path(name)).as(name).hasSize(6);
    }
    for (int i = 0; i < 6; i++) {
      String token = logProbs.at("/tokens/" + i).asText();
      JsonNode top = logProbs.at("/top_logprobs/" + i);
      assertThat(top.path(token)).isEqualTo(logProbs.at("/token_logprobs/" + i));
      assertThat(top.size()).isBetween(1, 3);
    }
  }

  @Test
  void completion_logProbsStreamed_areThoseOfTheWhole() {
    String body = "{'prompt':'Once','max_tokens':30,'logprobs':1,'seed':1,'stream':%s}";
    JsonNode whole =
        client.post(PATH, String.format(body, "false")).json().at("/choices/0/logprobs");
    List<JsonNode> events = client.post(PATH, String.format(body, "true")).events();
    for (String name : List.of("tokens", "token_logprobs", "top_logprobs", "text_offset")) {
      List<JsonNode> streamed =
          events.stream()
              .flatMap(
                  event ->
                      com.google.common.collect.Streams.stream(
                          event.at("/choices/0/logprobs/" + name)))
              .toList();
      assertThat(streamed).as(name).containsExactlyElementsOf(whole.path(name));
    }
  }

  @Test
  void completion_stopString_endsBeforeItAndIsNeverSent() {
    String whole = direct("Once", 40, 3).text();
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 5);
    String body =
        "{'prompt':'Once','max_tokens':40,'seed':3,'stop':[%s,'never there'],'stream':%s}";
    String quoted = com.fasterxml.jackson.databind.node.TextNode.valueOf(stop).toString();
    String expected = whole.substring(0, whole.indexOf(stop));
    JsonNode json = client.post(PATH, String.format(body, quoted, "false")).json();
    assertThat(json.at("/choices/0/text").asText()).isEqualTo(expected);
    assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    List<JsonNode> events = client.post(PATH, String.format(body, quoted, "true")).events();
    assertThat(texts(events)).isEqualTo(expected);
  }

  @Test
  void completion_ofAClientThatOffersHttp2_isTheSame() {
    TestClient upgrading = new TestClient(server.port(), HttpClient.Version.HTTP_2);
    String body = "{'prompt':'Once upon','max_tokens':20,'seed':7,'stream':%s}";
    String expected = direct("Once upon", 20, 7).text();
    for (int i = 0; i < 3; i++) { // the first offers
      JsonNode json = upgrading.post(PATH, String.format(body, "false")).json();
      assertThat(json.at("/choices/0/text").asText()).isEqualTo(expected);
      assertThat(texts(upgrading.post(PATH, String.format(body, "true")).events()))
          .isEqualTo(expected);
    }
    TestClient streaming = new TestClient(server.port(), HttpClient.Version.HTTP_2);
    assertThat(texts(streaming.post(PATH, String.format(body, "true")).events()))
        .isEqualTo(expected);
  }

  @Test
  void completion_noMaxTokens_hasSixteen() {
    JsonNode json = client.post(PATH, "{'prompt':'Once'}").json();
    assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(16);
  }

  @Test
  void completion_echoWithLogProbs_scoresThePrompt() {
    JsonNode ids = client.post("/tokenize", "{'prompt':'Once upon a time'}").json().path("tokens");
    String body = "{'prompt':" + ids + ",'max_tokens':%d,'logprobs':1,'echo':true,'temperature':0}";
    JsonNode one = client.post(PATH, String.format(body, 1)).json().at("/choices/0");
    JsonNode none = client.post(PATH, String.format(body, 0)).json().at("/choices/0");
    JsonNode values = one.at("/logprobs/token_logprobs");
    assertThat(values).hasSize(ids.size() + 1);
    assertThat(values.get(0).isNull()).isTrue();
    assertThat(one.at("/logprobs/top_logprobs/0").isNull()).isTrue();
    int[] tokens = new int[ids.size()];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = ids.get(i).asInt();
    }
    List<Double> expected =
        generator.score(tokens, 1).stream()
            .map(org.nemotron.runtime.sampling.TokenLogProb::logProb)
            .toList();
    for (int i = 0; i < expected.size(); i++) {
      assertThat(values.get(i + 1).asDouble()).isEqualTo(expected.get(i));
      String token = one.at("/logprobs/tokens/" + (i + 1)).asText();
      assertThat(one.at("/logprobs/top_logprobs/" + (i + 1)).path(token))
          .isEqualTo(values.get(i + 1));
    }
    assertThat(one.path("text").asText()).startsWith("Once upon a time");
    assertThat(none.path("text").asText()).isEqualTo("Once upon a time");
    assertThat(none.at("/logprobs/token_logprobs")).hasSize(ids.size());
  }

  @Test
  void completion_echoStreamed_beginsWithThePrompt() {
    for (String logProbs : List.of("null", "1")) {
      List<JsonNode> events =
          client
              .post(
                  PATH,
                  "{'prompt':'Once','max_tokens':8,'seed':2,'echo':true,'stream':true,'logprobs':"
                      + logProbs
                      + "}")
              .events();
      assertThat(texts(events)).isEqualTo("Once" + direct("Once", 8, 2).text());
    }
  }

  @Test
  void completion_allowedAndStopTokens_count() {
    JsonNode two =
        client
            .post(PATH, "{'prompt':'Once','max_tokens':4,'allowed_token_ids':[300]}")
            .json()
            .at("/choices/0");
    assertThat(two.path("finish_reason").asText()).isEqualTo("length");
    JsonNode stopped =
        client
            .post(
                PATH,
                "{'prompt':'Once','max_tokens':9,'allowed_token_ids':[300],'stop_token_ids':[300],"
                    + "'return_token_ids':true}")
            .json();
    assertThat(stopped.at("/choices/0/finish_reason").asText()).isEqualTo("stop");
    assertThat(stopped.at("/choices/0/stop_reason").asInt()).isEqualTo(300);
    assertThat(stopped.at("/choices/0/token_ids")).isEmpty();
    assertThat(stopped.at("/usage/completion_tokens").asInt()).isEqualTo(1);
  }

  @Test
  void completion_bias_forcesATokenAndPenaltiesAreAccepted() {
    JsonNode json =
        client
            .post(
                PATH,
                "{'prompt':'Once','max_tokens':3,'logit_bias':{'300':100},'return_token_ids':true,"
                    + "'presence_penalty':0.5,'frequency_penalty':-0.5,'temperature':0}")
            .json();
    assertThat(json.at("/choices/0/token_ids").toString()).isEqualTo("[300,300,300]");
  }

  @Test
  void completion_stopIncluded_isPartOfTheAnswer() {
    String whole = direct("Once", 40, 3).text();
    String stop = whole.substring(whole.length() / 2, whole.length() / 2 + 5);
    String quoted = com.fasterxml.jackson.databind.node.TextNode.valueOf(stop).toString();
    JsonNode choice =
        client
            .post(
                PATH,
                "{'prompt':'Once','max_tokens':40,'seed':3,'include_stop_str_in_output':true,"
                    + "'stop':"
                    + quoted
                    + "}")
            .json()
            .at("/choices/0");
    assertThat(choice.path("text").asText())
        .isEqualTo(whole.substring(0, whole.indexOf(stop) + stop.length()));
    assertThat(choice.path("stop_reason").asText()).isEqualTo(stop);
  }
}
