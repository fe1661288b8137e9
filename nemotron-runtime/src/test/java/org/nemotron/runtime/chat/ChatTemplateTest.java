package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ChatTemplateTest {
  private static final ImmutableList<ChatMessage> HELLO =
      ImmutableList.of(ChatMessage.system("Be kind."), ChatMessage.user("Hello"));

  @Test
  void read_templateInTokenizerConfig_rendersWithItsTokens(@TempDir Path directory)
      throws IOException {
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        """
        {"bos_token": {"content": "<s>", "lstrip": false}, "eos_token": "</s>",
         "chat_template": "{{ bos_token }}{{ messages[-1].content }}{{ eos_token }}"}
        """);
    assertThat(ChatTemplate.read(directory).orElseThrow().render(HELLO, false))
        .isEqualTo("<s>Hello</s>");
  }

  @Test
  void read_namedTemplates_takesTheDefault(@TempDir Path directory) throws IOException {
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        """
        {"chat_template": [{"name": "tool_use", "template": "tools"},
                           {"name": "default", "template": "plain"}]}
        """);
    assertThat(ChatTemplate.read(directory).orElseThrow().render(HELLO, false)).isEqualTo("plain");
  }

  @Test
  void read_templateFile_goesBeforeTheConfigs(@TempDir Path directory) throws IOException {
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        "{\"eos_token\": \"</s>\", \"chat_template\": \"config\"}");
    Files.writeString(directory.resolve("chat_template.jinja"), "file{{ eos_token }}\n");
    assertThat(ChatTemplate.read(directory).orElseThrow().render(HELLO, false))
        .isEqualTo("file</s>");
  }

  @Test
  void read_noTemplate_isEmpty(@TempDir Path directory) throws IOException {
    assertThat(ChatTemplate.read(directory)).isEmpty();
    Files.writeString(directory.resolve("tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    assertThat(ChatTemplate.read(directory)).isEmpty();
  }

  @Test
  void read_noDefaultTemplate_isRefusedByName(@TempDir Path directory) throws IOException {
    Path config = directory.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"\"}]}");
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(
            config
                + ": chat_template must be a string, or a list with a template named \"default\"");
  }

  @Test
  void read_tooLongTemplate_isRefusedByName(@TempDir Path directory) throws IOException {
    Path config = directory.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"chat_template\": \"" + "x".repeat((1 << 18) + 1) + "\"}");
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(config + ": a chat template of 262145 characters must have at most 262144");
    Path file = directory.resolve("chat_template.jinja");
    Files.writeString(file, "x".repeat((1 << 18) + 2));
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessage(file + ": a chat template of 262146 characters must have at most 262144");
    Files.writeString(file, "x".repeat(1 << 18));
    assertThat(ChatTemplate.read(directory)).isPresent();
  }

  @Test
  void read_damagedConfig_isRefusedByName(@TempDir Path directory) throws IOException {
    Path config = directory.resolve("tokenizer_config.json");
    Files.writeString(config, "{\"chat_template\": ");
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(config + " is not JSON (");
  }

  @Test
  void render_sameTemplateTwice_givesTheSame() {
    ChatTemplate template =
        template("{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}");
    assertThat(template.render(HELLO, false)).isEqualTo("1");
    assertThat(template.render(HELLO, false)).isEqualTo("1");
  }

  @Test
  void endOfTurn_eosToken_isItsText() {
    assertThat(ChatTemplate.of("", Map.of("eos_token", "<|im_end|>")).endOfTurn())
        .hasValue("<|im_end|>");
    assertThat(ChatTemplate.of("", Map.of("bos_token", "<s>")).endOfTurn()).isEmpty();
  }

  @Test
  void render_strftimeNow_writesTheYear() {
    assertThat(template("{{ strftime_now('%Y') }}").render(HELLO, false)).matches("20\\d\\d");
  }

  @Test
  void render_emptyConversation_isRefused() {
    ChatTemplate template = template("x");
    assertThatThrownBy(() -> template.render(ImmutableList.of(), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a conversation must have a message");
  }

  /** What a message says is never read as a template. */
  @Test
  void render_templateInAMessage_staysText() {
    String text = "{{ messages }} {% for i in range(9) %}x{% endfor %} {# gone? #}";
    assertThat(
            template("{{ messages[0].content }}")
                .render(ImmutableList.of(ChatMessage.user(text)), false))
        .isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% include '/etc/hostname' %}",
        "{% import '/etc/hostname' as x %}",
        "{% extends '/etc/hostname' %}",
        "{% from '/etc/hostname' import x %}",
        "{{ messages.getClass() }}",
        "{{ ''.getClass().forName('java.lang.Runtime') }}",
        "{% for m in messages %}{{ loop.getClass() }}{% endfor %}",
        "{{ messages[0].getClass() }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.mro() }}",
        "{{ namespace.__init__.__globals__ }}",
      })
  void render_reachForTheMachine_isRefused(String source) {
    assertThatThrownBy(() -> template(source).render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessageNotContaining("\n");
  }

  @Test
  void render_propertiesOfJava_areUndefined() {
    assertThat(
            template("{{ ''.class }}{{ messages.isEmpty }}{{ messages[0].class }}x")
                .render(HELLO, false))
        .isEqualTo("x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(5000) %}{% for b in range(5000) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(9) if a == 10 %}{% endfor %}"
            + "{% for b in range(999) if b == 1000 %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(x=[1]) %}{% for a in range(60) %}{% set ns.x = [ns.x, ns.x] %}"
            + "{% endfor %}{{ ns.x }}",
        "{{ 9 ** 99999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 'x'.center(999999999) }}",
        "{{ range(99999999) }}",
        "{{ [0] * 999999999 }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(60) %}"
            + "{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s='xxxxxxxx') %}{% for a in range(60) %}"
            + "{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}",
        "{% macro deep(n) %}{{ deep(n + 1) }}{% endmacro %}{{ deep(0) }}",
      })
  void render_workWithoutEnd_isStopped(String source) {
    ChatTemplate template = template(source);
    assertThatThrownBy(() -> template.render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @CsvSource({"(,)", "[,]", "{1:,}", "-,''", "1 if 1 else(,)", "x[,]"})
  void of_expressionNestedTooDeeply_isRefused(String begin, String end) {
    String source = "\n{{ " + begin.repeat(5000) + "1" + end.repeat(5000) + " }}";
    assertThatThrownBy(() -> template(source))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage(
            "the chat template is not Jinja (line 2: an expression is nested more than 100 deep)");
  }

  @Test
  void render_longExpression_isRendered() {
    assertThat(template("{{ 1" + " + 1".repeat(2000) + " }}").render(HELLO, false))
        .isEqualTo("2001");
    assertThat(template("{{ " + "not ".repeat(2001) + "1 }}").render(HELLO, false))
        .isEqualTo("False");
  }

  @Test
  void render_blocksNestedTooDeeply_isRefused() {
    String source = "{% if true %}".repeat(10_000) + "x" + "{% endif %}".repeat(10_000);
    assertThatThrownBy(() -> template(source))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage("the chat template is not Jinja (line 1: tags are nested more than 100 deep)");
  }

  static ImmutableMap<String, String> malformed() {
    return ImmutableMap.<String, String>builder()
        .put("{{ messages", "line 1: the tag has no }}")
        .put("x\n{% if x", "line 2: the tag has no %}")
        .put("x\n\n{# never", "line 3: Missing end of comment tag")
        .put("{% raw %}x", "line 1: Missing end of raw directive")
        .put("{{\n'open }}", "line 2: a text in quotes has no end")
        .put("{% for x in y %}", "line 1: Unexpected end of template. Expected endfor or else")
        .put("{% elephant %}", "line 1: Encountered unknown tag 'elephant'.")
        .put("{% include 'x' %}", "line 1: the tag include is not known here")
        .put("{{ a b }}", "line 1: expected '}}', got 'b'")
        .put("{{ (1] }}", "line 1: unexpected ']', expected ')'")
        .put("{% set 1 = 2 %}", "line 1: can't assign to this")
        .put("{% break %}", "line 1: 'break' outside loop")
        .buildOrThrow();
  }

  @Test
  void of_malformedTemplate_isRefusedWithItsLine() {
    malformed()
        .forEach(
            (source, sentence) ->
                assertThatThrownBy(() -> template(source))
                    .isInstanceOf(ChatTemplateException.class)
                    .hasMessage("the chat template is not Jinja (" + sentence + ")"));
  }

  @Test
  void render_unknownFilterOrMethod_isRefusedByName() {
    assertThatThrownBy(() -> template("{{ 'a'.encode() }}").render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage(
            "the chat template cannot be rendered (line 1: the method encode of a str is not known"
                + " here)");
    assertThatThrownBy(() -> template("{{ 'a' | shout }}").render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage("the chat template cannot be rendered (line 1: No filter named 'shout'.)");
  }

  private static ChatTemplate template(String source) {
    return ChatTemplate.of(source, ImmutableMap.of());
  }
}
