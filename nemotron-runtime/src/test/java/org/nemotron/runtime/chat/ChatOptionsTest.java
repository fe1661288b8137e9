package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a template is told besides the messages, and messages of more than a text. */
final class ChatOptionsTest {
  private static final String WEATHER =
      "[{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"limit\": 1e16}}]";

  private static final ImmutableList<ChatMessage> HELLO =
      ImmutableList.of(ChatMessage.user("Hello"));

  private static final String CHAT =
      "{% for m in messages %}<{{ m.role }}>{{ m.content|trim }}</s>{% endfor %}"
          + "{% if add_generation_prompt %}<assistant>{% endif %}";

  private static String rendered(String source, ChatOptions.Builder options) {
    return ChatTemplate.of(source, ImmutableMap.of()).render(HELLO, options.build());
  }

  @Test
  void render_toolsAndVariables_areWhatTheTemplateReads() {
    assertThat(rendered("{{ tools|tojson }}", ChatOptions.builder().tools(WEATHER)))
        .isEqualTo(
            "[{\"type\": \"function\", \"function\": {\"name\": \"weather\", \"limit\": 1e+16}}]");
    assertThat(
            rendered(
                "{{ enable_thinking is false }} {{ documents[0].title }}",
                ChatOptions.builder()
                    .variable("enable_thinking", "false")
                    .documents("[{\"title\": \"T\"}]")))
        .isEqualTo("True T");
  }

  /** As in transformers, both are there, and None. */
  @Test
  void render_withoutTools_toolsAreNone() {
    assertThat(rendered("{{ tools is none }}{{ documents is none }}", ChatOptions.builder()))
        .isEqualTo("TrueTrue");
  }

  @Test
  void render_continuedMessage_endsThePromptWithIt() {
    ChatOptions continued = ChatOptions.builder().continueFinalMessage(true).build();
    ChatTemplate trimming = ChatTemplate.of(CHAT, ImmutableMap.of());
    ChatTemplate keeping = ChatTemplate.of(CHAT.replace("|trim", ""), ImmutableMap.of());
    ImmutableList<ChatMessage> messages =
        ImmutableList.of(ChatMessage.user("Count."), ChatMessage.assistant("One, two, "));
    assertThat(trimming.render(messages, continued))
        .isEqualTo("<user>Count.</s><assistant>One, two,");
    assertThat(keeping.render(messages, continued))
        .isEqualTo("<user>Count.</s><assistant>One, two, ");
  }

  @Test
  void render_continuedMessageThatIsDropped_isRefused() {
    ChatOptions continued = ChatOptions.builder().continueFinalMessage(true).build();
    ChatTemplate dropping = ChatTemplate.of("{{ messages[0].content }}", ImmutableMap.of());
    assertThatThrownBy(
            () ->
                dropping.render(
                    ImmutableList.of(ChatMessage.user("a"), ChatMessage.assistant("b")), continued))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage(
            "the prompt does not have the last message, which it is to continue.\n"
                + "Maybe the chat template drops it, or a part of it: end the turn and begin"
                + " another one.");
    ChatTemplate blind = ChatTemplate.of("fixed", ImmutableMap.of());
    assertThatThrownBy(() -> blind.render(HELLO, continued))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage(
            "the chat template does not read the content of messages: none can be continued");
  }

  @Test
  void render_continuedParts_continuesTheLastText() {
    ChatMessage parts =
        ChatMessage.parse(
            "{\"role\": \"assistant\", \"content\": [{\"type\": \"text\", \"text\": \"One\"},"
                + " {\"type\": \"image\"}]}");
    ChatTemplate template =
        ChatTemplate.of(
            "{% for p in messages[-1].content %}[{{ p.text }}]{% endfor %}", ImmutableMap.of());
    assertThat(
            template.render(
                ImmutableList.of(parts), ChatOptions.builder().continueFinalMessage(true).build()))
        .isEqualTo("[One");
    assertThat(parts.content()).isEqualTo("One");
  }

  @Test
  void build_continuedAndAnotherTurn_isRefused() {
    ChatOptions.Builder builder =
        ChatOptions.builder().continueFinalMessage(true).addGenerationPrompt(true);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a prompt that continues the last message must not begin another turn");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "{} → tools must be a JSON array, not {}",
        "[1] → tools must be JSON objects, not 1",
      })
  void tools_otherJson_isRefused(String json, String sentence) {
    assertThatThrownBy(() -> ChatOptions.builder().tools(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  @Test
  void options_malformed_areRefusedByName() {
    assertThatThrownBy(() -> ChatOptions.builder().tools("[{"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("tools is not JSON (");
    assertThatThrownBy(() -> ChatOptions.builder().variable("messages", "[]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the variable messages is set by a method of its own");
  }

  @Test
  void parse_messageWithMore_keepsIt() {
    ChatMessage message =
        ChatMessage.parse("{\"role\": \"assistant\", \"content\": null}")
            .with("tool_calls", "[{\"id\": \"1\"}]");
    assertThat(message.role()).isEqualTo("assistant");
    assertThat(message.content()).isEmpty();
    assertThat(message.toJson())
        .isEqualTo("{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"1\"}]}");
    assertThat(
            ChatTemplate.of(
                    "{{ messages[0].content is none }}{{ messages[0].tool_calls[0].id }}",
                    ImmutableMap.of())
                .render(ImmutableList.of(message), true))
        .isEqualTo("True1");
    assertThat(message).isEqualTo(ChatMessage.parse(message.toJson())).isNotEqualTo(HELLO.get(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      value = {
        "[] → a message must be a JSON object, not []",
        "{\"content\": \"x\"} → a message must have a role that is a string: {\"content\": \"x\"}",
      })
  void parse_otherJson_isRefused(String json, String sentence) {
    assertThatThrownBy(() -> ChatMessage.parse(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  @Test
  void read_templateForTools_isUsedWhereThereAreSome(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("chat_template.jinja"), "\ufeffplain");
    Path more = Files.createDirectory(directory.resolve("additional_chat_templates"));
    Files.writeString(more.resolve("tool_use.jinja"), "with tools");
    ChatTemplate template = ChatTemplate.read(directory).orElseThrow();
    assertThat(template.render(HELLO, true)).isEqualTo("plain");
    assertThat(template.render(HELLO, ChatOptions.builder().tools(WEATHER).build()))
        .isEqualTo("with tools");
    Files.delete(directory.resolve("chat_template.jinja"));
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(directory + ": of the chat templates tool_use one must be named \"default\"");
  }

  @Test
  void read_specialTokensInOtherFiles_areFound(@TempDir Path directory) throws IOException {
    Files.writeString(
        directory.resolve("chat_template.jinja"),
        "{{ bos_token }}|{{ eos_token }}|{{ unk_token }}");
    Path config = directory.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"tokenizer_class\": \"LlamaTokenizerFast\", \"unk_token\": null}");
    assertThat(ChatTemplate.read(directory).orElseThrow().render(HELLO, true))
        .isEqualTo("<s>|</s>|");
    Files.writeString(
        directory.resolve("special_tokens_map.json"), "{\"eos_token\": {\"content\": \"<end>\"}}");
    assertThat(ChatTemplate.read(directory).orElseThrow().render(HELLO, true))
        .isEqualTo("<s>|<end>|");
    Files.writeString(
        config, "{\"added_tokens_decoder\": {}, \"bos_token\": \"<b>\", \"eos_token\": \"<e>\"}");
    assertThat(ChatTemplate.read(directory).orElseThrow().render(HELLO, true))
        .isEqualTo("<b>|<e>|");
  }
}
