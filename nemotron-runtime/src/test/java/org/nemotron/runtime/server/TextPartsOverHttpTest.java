package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/** Messages of text parts are the same prompt over HTTP and in the process. */
final class TextPartsOverHttpTest {
  private static final String TEXTS = "{% for m in messages %}{{ m['content'] }}{% endfor %}";
  private static final String PARTS =
      "{% for m in messages %}{% for p in m.content %}{{ p.text }}{% endfor %}{% endfor %}";
  private static final String MESSAGE =
      "{'role':'user','content':[{'type':'text','text':'A '},{'type':'text','text':'cat.'}]}";

  @ParameterizedTest
  @CsvSource({"false, 'A \ncat.'", "true, A cat."})
  void chat_textParts_areTheTextOfTheTemplate(boolean walks, String prompt) throws IOException {
    EngineSettings settings = EngineSettings.builder().threads(1).build();
    try (TextGenerator generator = SmallModel.chatting(settings, walks ? PARTS : TEXTS);
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      TestClient client = new TestClient(server);
      String body = "{'messages':[" + MESSAGE + "]}";
      JsonNode tokens = client.post("/tokenize", body).json().path("tokens");
      assertThat(
              client
                  .post("/detokenize", "{'tokens':" + tokens + "}")
                  .json()
                  .path("prompt")
                  .asText())
          .isEqualTo(prompt);
      ChatMessage message = ChatMessage.parse(MESSAGE.replace('\'', '"'));
      assertThat(generator.encode(new Prompt.Chat(ImmutableList.of(message))).ids())
          .isEqualTo(generator.encode(new Prompt.Rendered(prompt)).ids());
    }
  }
}
