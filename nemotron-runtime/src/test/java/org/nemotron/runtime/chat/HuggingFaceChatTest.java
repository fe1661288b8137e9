package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares with what transformers renders from the same templates (src/test/resources/chat). */
final class HuggingFaceChatTest {
  private static final Path CHAT = Path.of("src/test/resources/chat");

  @ParameterizedTest
  @MethodSource("cases")
  void render_templateAndChat_isTheReferences(Case expected) throws IOException {
    ChatTemplate template =
        ChatTemplate.of(
            Files.readString(CHAT.resolve(expected.template() + ".jinja")),
            ImmutableMap.of("bos_token", "<s>", "eos_token", "</s>"));
    if (expected.json().has("error")) {
      assertThatThrownBy(() -> template.render(expected.messages(), expected.prompt()))
          .isInstanceOf(ChatTemplateException.class)
          .hasMessage(expected.json().get("error").asText());
    } else {
      assertThat(template.render(expected.messages(), expected.prompt()))
          .isEqualTo(expected.json().get("text").asText());
    }
  }

  static Stream<Case> cases() throws IOException {
    JsonNode cases = new ObjectMapper().readTree(CHAT.resolve("expected.json").toFile());
    return StreamSupport.stream(cases.spliterator(), false).map(Case::new);
  }

  record Case(JsonNode json) {
    String template() {
      return json.get("template").asText();
    }

    boolean prompt() {
      return json.get("addGenerationPrompt").asBoolean();
    }

    ImmutableList<ChatMessage> messages() {
      return StreamSupport.stream(json.get("messages").spliterator(), false)
          .map(m -> new ChatMessage(m.get("role").asText(), m.get("content").asText()))
          .collect(ImmutableList.toImmutableList());
    }

    @Override
    public String toString() {
      return template() + " " + json.get("messages") + (prompt() ? " with prompt" : "");
    }
  }
}
