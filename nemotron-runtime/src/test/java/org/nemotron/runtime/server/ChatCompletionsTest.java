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
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/** Conversations over HTTP, whole and streamed, on a random child. */
final class ChatCompletionsTest {
  private static final String PATH = "/v1/chat/completions";
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}{{ m.role }}: {% if m.content is string %}"
          + "{{ m.content }}{% else %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endif %}\n"
          + "{% endfor %}{% if add_generation_prompt %}assistant:{{ mood }}{% endif %}";
  private static final String ASKED = "'messages':[{'role':'user','content':'A cat.'}]";

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

  private static String direct(int tokens, long seed) {
    return generator
        .generate(
            GenerationRequest.chat(List.of(ChatMessage.user("A cat.")))
                .maxNewTokens(tokens)
                .sampling(SamplingParams.builder().seed(seed).build())
                .build())
        .text();
  }

  private static String content(List<JsonNode> events, int index) {
    return events.stream()
        .flatMap(event -> Streams.stream(event.path("choices")))
        .filter(choice -> choice.path("index").asInt() == index)
        .map(choice -> choice.at("/delta/content").asText())
        .collect(Collectors.joining());
  }

  @Test
  void chat_seeded_isTheEnginesTurn() {
    TestClient.Answer answer = client.post(PATH, "{" + ASKED + ",'max_tokens':9,'seed':4}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode message = answer.json().at("/choices/0/message");
    assertThat(message.path("content").asText()).isEqualTo(direct(9, 4));
    assertThat(message.path("role").asText()).isEqualTo("assistant");
    assertThat(message.has("refusal")).isTrue();
    assertThat(answer.json().at("/id").asText()).startsWith("chatcmpl-");
    assertThat(answer.json().at("/object").asText()).isEqualTo("chat.completion");
  }

  @Test
  void chat_partsOfText_areTheText() {
    String parts =
        "{'messages':[{'role':'user','content':[{'type':'text','text':'A '},"
            + "{'type':'text','text':'cat.'}]}],'max_completion_tokens':9,'max_tokens':3,'seed':4}";
    assertThat(client.post(PATH, parts).json().at("/choices/0/message/content").asText())
        .isEqualTo(direct(9, 4));
  }

  @Test
  void chat_streamedTwice_beginsWithRolesAndEndsWithReasons() {
    List<JsonNode> events =
        client.post(PATH, "{" + ASKED + ",'max_tokens':20,'seed':4,'n':2,'stream':true}").events();
    assertThat(content(events, 0)).isEqualTo(direct(20, 4));
    assertThat(content(events, 1)).isEqualTo(direct(20, 5));
    for (int i = 0; i < 2; i++) {
      int index = i;
      List<JsonNode> choices =
          events.stream()
              .map(event -> event.at("/choices/0"))
              .filter(choice -> choice.path("index").asInt() == index)
              .toList();
      assertThat(choices.get(0).at("/delta/role").asText()).isEqualTo("assistant");
      assertThat(choices.subList(0, choices.size() - 1))
          .allMatch(choice -> choice.path("finish_reason").isNull());
      assertThat(choices.get(choices.size() - 1).path("finish_reason").asText())
          .isEqualTo("length");
    }
    assertThat(events.stream().map(event -> event.path("id")).distinct()).hasSize(1);
  }

  @Test
  void chat_noMaxTokens_goesToTheEndOfTheContext() {
    JsonNode usage = client.post(PATH, "{" + ASKED + ",'seed':4}").json().path("usage");
    assertThat(usage.path("total_tokens").asInt()).isEqualTo(SmallModel.CONTEXT);
  }

  @Test
  void chat_logProbs_haveTheirShape() {
    JsonNode logProbs =
        client
            .post(PATH, "{" + ASKED + ",'max_tokens':5,'seed':4,'logprobs':true,'top_logprobs':3}")
            .json()
            .at("/choices/0/logprobs");
    assertThat(logProbs.path("content")).hasSize(5);
    assertThat(logProbs.has("refusal")).isTrue();
    for (JsonNode token : logProbs.path("content")) {
      assertThat(token.path("top_logprobs")).hasSize(3);
      assertThat(token.path("bytes").isArray()).isTrue();
      assertThat(token.path("logprob").asDouble()).isLessThanOrEqualTo(0);
    }
  }

  @Test
  void chat_templateVariables_reachTheTemplate() {
    String body = "{" + ASKED + ",'chat_template_kwargs':{'mood':' Once'}}";
    JsonNode tokens = client.post("/tokenize", body).json().path("tokens");
    String text =
        client.post("/detokenize", "{'tokens':" + tokens + "}").json().path("prompt").asText();
    assertThat(text).isEqualTo("<s>user: A cat.assistant: Once");
  }

  @Test
  void chat_formats_areKept() {
    String choice = "{" + ASKED + ",'structured_outputs':{'choice':['yes','no']}}";
    JsonNode chosen = client.post(PATH, choice).json().at("/choices/0");
    assertThat(chosen.at("/message/content").asText()).isIn("yes", "no");
    assertThat(chosen.path("finish_reason").asText()).isEqualTo("stop");
    String schema =
        "{"
            + ASKED
            + ",'stream':true,'response_format':{'type':'json_schema','json_schema':{'name':'a',"
            + "'schema':{'type':'object','properties':{'ok':{'type':'boolean'}},"
            + "'required':['ok'],'additionalProperties':false}}}}";
    JsonNode json = TestClient.parse(content(client.post(PATH, schema).events(), 0));
    assertThat(json.path("ok").isBoolean()).isTrue();
    String wrong =
        "{"
            + ASKED
            + ",'response_format':{'type':'json_schema','json_schema':{'schema':{'type':3}}}}";
    assertThat(client.post(PATH, wrong).fault())
        .isEqualTo("null response_format.json_schema.schema");
  }
}
