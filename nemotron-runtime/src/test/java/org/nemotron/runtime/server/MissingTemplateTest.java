package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** A model without a chat template, opened from a directory of which callers learn nothing. */
final class MissingTemplateTest {
  private static final String CHAT = "{'messages':[{'role':'user','content':'a'}]%s}";
  private static final String TOOL = ",'tools':[{'type':'function','function':{'name':'a'}}]";

  @Test
  void conversations_areRefusedByTheNameOfTheModel() throws IOException {
    ServerSettings settings =
        ServerSettings.builder().port(0).modelNames(List.of("my-model")).build();
    try (TextGenerator generator =
            TextGenerator.open(SmallModel.SHIPPED, EngineSettings.builder().threads(1).build());
        InferenceServer server = InferenceServer.start(generator, settings)) {
      TestClient client = new TestClient(server);
      for (String path : List.of("/v1/chat/completions", "/tokenize")) {
        TestClient.Answer answer = client.post(path, String.format(CHAT, ""));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.fault()).isEqualTo("null messages");
        assertThat(answer.json().at("/error/message").asText())
            .isEqualTo(
                "the model my-model has no chat template.\n"
                    + "Maybe it was not trained on conversations: let it continue a text, by"
                    + " /v1/completions.");
      }
      assertThat(client.post("/v1/chat/completions", String.format(CHAT, TOOL)).fault())
          .isEqualTo("unsupported_parameter tools");
      assertNoPath(client);
    }
  }

  /** Whatever is asked: no answer has a part of the directory. */
  private static void assertNoPath(TestClient client) {
    List<TestClient.Answer> answers =
        List.of(
            client.post("/v1/chat/completions", String.format(CHAT, TOOL)),
            client.post("/v1/chat/completions", String.format(CHAT, ",'stream':true")),
            client.post("/v1/completions", "{'prompt':[1,99999]}"),
            client.post("/v1/completions", "{'prompt':'a','max_tokens':99999}"),
            client.post("/v1/completions", "{'prompt':'a','guided_regex':'('}"),
            client.post("/v1/completions", "{'prompt':'a','model':'x'}"),
            client.get("/v1/models"),
            client.get("/v1/metadata"),
            client.get("/tokenizer_info"),
            client.get("/nothing"));
    for (TestClient.Answer answer : answers) {
      assertThat(answer.text())
          .doesNotContain(SmallModel.SHIPPED.toString(), "tale-7m", "examples/models");
    }
  }
}
