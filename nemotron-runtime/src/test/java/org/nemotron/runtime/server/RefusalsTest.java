package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** What is refused, with which status, code and field. */
final class RefusalsTest {
  private static TextGenerator generator;
  private static InferenceServer server;
  private static TestClient client;

  @BeforeAll
  static void start() throws IOException {
    generator = SmallModel.chatting(EngineSettings.builder().threads(1).build(), "{{ messages }}");
    server =
        InferenceServer.start(
            generator, ServerSettings.builder().port(0).maxBodyBytes(10_000).build());
    client = new TestClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
    generator.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{}|null prompt",
        "{'prompt':3}|null prompt",
        "{'prompt':[]}|null prompt",
        "{'prompt':''}|null prompt",
        "{'prompt':['a',3]}|null prompt[1]",
        "{'prompt':[[1],[2,-3]]}|null prompt[1][1]",
        "{'prompt':[1,99999]}|null prompt",
        "{'prompt':'a','temperature':-1}|null temperature",
        "{'prompt':'a','temperature':'hot'}|null temperature",
        "{'prompt':'a','temperature':1e999}|null temperature",
        "{'prompt':'a','top_p':0}|null top_p",
        "{'prompt':'a','n':0}|null n",
        "{'prompt':'a','n':1.5}|null n",
        "{'prompt':'a','seed':99999999999999999999}|null seed",
        "{'prompt':'a','stop':['b','']}|null stop[1]",
        "{'prompt':'a','stop':{}}|null stop",
        "{'prompt':'a','max_tokens':0}|null max_tokens",
        "{'prompt':'a','logprobs':21}|null logprobs",
        "{'prompt':'a','stream_options':{'include_usage':true}}|null stream_options",
        "{'prompt':'a','suffix':'b'}|unsupported_parameter suffix",
        "{'prompt':'a','best_of':2}|unsupported_parameter best_of",
        "{'prompt':'a','max_tokens':100000}|context_length_exceeded prompt",
        "{'prompt':'a','logit_bias':{'x':1}}|null logit_bias.x",
        "{'prompt':'a','logit_bias':{'3':101}}|null logit_bias.3",
        "{'prompt':'a','logit_bias':{'9999':1}}|null logit_bias.9999",
        "{'prompt':'a','stop_token_ids':[1,4096]}|null stop_token_ids[1]",
        "{'prompt':'a','allowed_token_ids':[]}|null allowed_token_ids",
        "{'prompt':'a','max_tokens':2,'min_tokens':3}|null min_tokens",
        "{'prompt':'a','echo':true,'max_tokens':0,'n':2}|null n",
        "{'prompt':'a','presence_penalty':3}|null presence_penalty",
        "{'prompt':'a','model':'gpt'}|model_not_found model",
        "{'prompt':'\\ud800'}|null prompt",
        "[1]|invalid_json null",
        "{'prompt':'a'}}|invalid_json null",
        "{'prompt':'a','prompt':'b'}|invalid_json null",
        "nonsense|invalid_json null",
      })
  void completion_wrong_namesTheField(String body, String fault) {
    TestClient.Answer answer = client.post("/v1/completions", body);
    assertThat(answer.status()).isEqualTo(fault.startsWith("model_not") ? 404 : 400);
    assertThat(answer.fault()).isEqualTo(fault);
    JsonNode error = answer.json().path("error");
    assertThat(error.path("type").asText()).isEqualTo("invalid_request_error");
    assertThat(error.fieldNames()).toIterable().containsExactly("message", "type", "param", "code");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{}|null messages",
        "{'messages':[]}|null messages",
        "{'messages':'hi'}|null messages",
        "{'messages':[{'role':'user','content':'a'},3]}|null messages[1]",
        "{'messages':[{'content':'a'}]}|null messages[0].role",
        "{'messages':[{'role':'king','content':'a'}]}|null messages[0].role",
        "{'messages':[{'role':'user'}]}|null messages[0].content",
        "{'messages':[{'role':'user','content':4}]}|null messages[0].content",
        "{'messages':[{'role':'user','content':[{'type':'image_url'}]}]}"
            + "|unsupported_parameter messages[0].content[0].type",
        "{'messages':[{'role':'user','content':[{'type':'text'}]}]}"
            + "|null messages[0].content[0].text",
        "{'messages':[{'role':'user','content':'a'}],'top_logprobs':2}|null top_logprobs",
        "{'messages':[{'role':'user','content':'a'}],'chat_template':'x'}"
            + "|unsupported_parameter chat_template",
        "{'messages':[{'role':'user','content':'a'}],'chat_template_kwargs':{'tools':1}}"
            + "|null chat_template_kwargs.tools",
        "{'messages':[{'role':'user','content':'a'}],'tools':3}|null tools",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'web'}]}"
            + "|unsupported_parameter tools[0].type",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function'}]}"
            + "|null tools[0].function",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function',"
            + "'function':{'name':'a b'}}]}|null tools[0].function.name",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function',"
            + "'function':{'name':'a'}},{'type':'function','function':{'name':'a'}}]}"
            + "|null tools[1].function.name",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function',"
            + "'function':{'name':'a','strict':true}}]}"
            + "|unsupported_parameter tools[0].function.strict",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function',"
            + "'function':{'name':'a'}}]}|unsupported_parameter tools",
        "{'messages':[{'role':'user','content':'a'}],'tool_choice':'required'}|null tool_choice",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function',"
            + "'function':{'name':'a'}}],'tool_choice':'any'}|null tool_choice",
        "{'messages':[{'role':'user','content':'a'}],'tools':[{'type':'function',"
            + "'function':{'name':'a'}}],'tool_choice':{'type':'function','function':"
            + "{'name':'b'}}}|null tool_choice.function.name",
        "{'messages':[{'role':'assistant','tool_calls':[{'function':{'name':'a'}}]}]}"
            + "|null messages[0].tool_calls[0].function.arguments",
        "{'messages':[{'role':'user','content':'a'}],'functions':[{}]}"
            + "|unsupported_parameter functions",
      })
  void chat_wrong_namesTheField(String body, String fault) {
    TestClient.Answer answer = client.post("/v1/chat/completions", body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(400);
    assertThat(answer.fault()).isEqualTo(fault);
  }

  @Test
  void completion_tooLong_hasTheThreeNumbers() {
    TestClient.Answer answer = client.post("/v1/completions", "{'prompt':'a','max_tokens':512}");
    assertThat(answer.json().at("/error/message").asText())
        .isEqualTo(
            "the context has 512 tokens; this request wants 513: 1 of the prompt and 512 of the"
                + " answer.\nMaybe ask for at most 511 tokens, or shorten the prompt.");
  }

  @Test
  void completion_streamThatIsWrong_isARealStatus() {
    assertThat(client.post("/v1/completions", "{'prompt':'','stream':true}").status())
        .isEqualTo(400);
  }

  @Test
  void body_tooLong_is413() {
    TestClient.Answer answer =
        client.post("/v1/completions", "{'prompt':'" + "a".repeat(20_000) + "'}");
    assertThat(answer.status()).isEqualTo(413);
  }

  @Test
  void body_otherType_is415() {
    HttpRequest request =
        client
            .request("/v1/completions")
            .header("content-type", "text/plain")
            .POST(HttpRequest.BodyPublishers.ofString("{}"))
            .build();
    assertThat(client.send(request).status()).isEqualTo(415);
  }

  @Test
  void path_unknownOrOfAnotherMethod_is404Or405() {
    assertThat(client.get("/v2/nothing").status()).isEqualTo(404);
    assertThat(client.get("/v1/models/gpt").fault()).isEqualTo("model_not_found model");
    TestClient.Answer answer = client.get("/v1/completions");
    assertThat(answer.status()).isEqualTo(405);
    assertThat(answer.header("allow")).isEqualTo("POST, OPTIONS");
  }

  @Test
  void requestId_ofTheCaller_isKept() {
    HttpRequest request = client.request("/health").header("x-request-id", "my-1").build();
    assertThat(client.send(request).header("x-request-id")).isEqualTo("my-1");
  }

  @Test
  void body_cutOff_isRefusedInWordsForItsAuthor() {
    assertThat(client.post("/v1/completions", "{'prompt':'a'").json().at("/error/message").asText())
        .isEqualTo(
            "the body must be JSON: unexpected end-of-input: expected close marker for object"
                + " (start marker at line 1, column 1) (line 1, column 14)");
    String large = "{'prompt':'a','max_tokens':99999999999999999999}";
    assertThat(client.post("/v1/completions", large).json().at("/error/message").asText())
        .isEqualTo("max_tokens (99999999999999999999) must be a whole number of 64 bits");
  }

  @Test
  void detokenize_beyondTheVocabulary_isRefused() {
    assertThat(client.post("/detokenize", "{'tokens':[1,5000]}").fault())
        .isEqualTo("null tokens[1]");
  }

  @Test
  void about_paths_answer() {
    for (String path :
        new String[] {
          "/health",
          "/v1/health/live",
          "/v1/health/ready",
          "/v1/models",
          "/v1/models/nemotron",
          "/v1/version",
          "/version",
          "/v1/metadata",
          "/tokenizer_info",
          "/metrics",
          "/v1/metrics"
        }) {
      TestClient.Answer answer = client.get(path);
      assertThat(answer.status()).as(path + answer.text()).isEqualTo(200);
    }
    assertThat(client.get("/v1/models").json().at("/data/0/max_model_len").asInt())
        .isEqualTo(SmallModel.CONTEXT);
    assertThat(client.get("/tokenizer_info").json().has("eos_token")).isTrue();
  }
}
