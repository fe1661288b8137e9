package org.nemotron.runtime.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.io.Resources;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Every answer and every chunk is what the schema of the API allows. */
final class AnswerSchemaTest {
  private static final String MESSAGES = "'messages':[{'role':'user','content':'A cat.'}]";

  private static final String CALLS =
      MESSAGES
          + ",'tool_choice':'required','tools':[{'type':'function','function':{'name':'weather',"
          + "'parameters':{'type':'object','properties':{'city':{'enum':['Rome','Oslo']}},"
          + "'required':['city'],'additionalProperties':false}}}]";

  private static TextGenerator generator;
  private static InferenceServer server;
  private static TestClient client;

  @BeforeAll
  static void start() throws IOException {
    generator =
        SmallModel.chatting(
            EngineSettings.builder().threads(1).build(),
            "{# <tool_call> #}{{ messages[0].content }}");
    server = InferenceServer.start(generator, ServerSettings.builder().port(0).build());
    client = new TestClient(server);
  }

  @AfterAll
  static void stop() {
    server.close();
    generator.close();
  }

  private static void check(String kind, JsonNode json) throws IOException {
    ObjectNode schemas =
        (ObjectNode)
            TestClient.parse(
                Resources.toString(
                    Resources.getResource(AnswerSchemaTest.class, "answers.schema.json"), UTF_8));
    schemas.put("$ref", "#/$defs/" + kind);
    JsonSchema schema =
        JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(schemas);
    assertThat(schema.validate(json)).as(json.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'n':1",
        "'n':2",
        "'logprobs':0",
        "'logprobs':3,'n':2",
        "'echo':true,'logprobs':1",
        "'echo':true",
        "'return_token_ids':true",
        "'stop_token_ids':[5,6,7],'ignore_eos':true",
        "'stop':['a','e','i']",
        "'logprobs':2,'return_tokens_as_token_ids':true"
      })
  void completion_wholeAndStreamed_isValid(String fields) throws IOException {
    String body = "{'prompt':['Once','Two'],'max_tokens':6" + "," + fields;
    check("completion", client.post("/v1/completions", body + "}").json());
    for (String options : new String[] {"include_usage", "continuous_usage_stats"}) {
      String stream = ",'stream':true,'stream_options':{'" + options + "':true}}";
      for (JsonNode event : client.post("/v1/completions", body + stream).events()) {
        check("completionChunk", event);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "'n':1",
        "'n':2",
        "'logprobs':true",
        "'logprobs':true,'top_logprobs':3,'n':2",
        "'return_token_ids':true",
        "'stop_token_ids':[5,6,7]",
        "'response_format':{'type':'text'}",
        "'structured_outputs':{'choice':['a','b']},'logprobs':true",
        "'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':'required'",
        "'tools':[{'type':'function','function':{'name':'f'}}],'logprobs':true",
        "'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object',"
            + "'properties':{}}}}],'tool_choice':'required','max_completion_tokens':60,'n':2"
      })
  void chat_wholeAndStreamed_isValid(String fields) throws IOException {
    String body = "{" + MESSAGES + ",'max_tokens':6" + "," + fields;
    check("chat", client.post("/v1/chat/completions", body + "}").json());
    for (String options : new String[] {"include_usage", "continuous_usage_stats"}) {
      String stream = ",'stream':true,'stream_options':{'" + options + "':true}}";
      for (JsonNode event : client.post("/v1/chat/completions", body + stream).events()) {
        check("chatChunk", event);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"'n':1", "'n':2", "'logprobs':true"})
  void calls_wholeAndStreamed_areValid(String fields) throws IOException {
    try (ToolCaller caller = new ToolCaller("{# <tool_call> #}{{ messages[0].content }}", CALLS)) {
      JsonNode whole = caller.client.post(ToolCaller.PATH, caller.body("," + fields)).json();
      assertThat(whole.at("/choices/0/message/tool_calls")).hasSize(1);
      check("chat", whole);
      String stream = "," + fields + ",'stream':true";
      List<JsonNode> events = caller.client.post(ToolCaller.PATH, caller.body(stream)).events();
      assertThat(events)
          .filteredOn(e -> !e.at("/choices/0/delta/tool_calls").isEmpty())
          .isNotEmpty();
      for (JsonNode event : events) {
        check("chatChunk", event);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"/v1/models,models", "/v1/models/nemotron,model", "/v1/models/x,error", "/x,error"})
  void get_paths_areValid(String path, String kind) throws IOException {
    check(kind, client.get(path).json());
  }
}
