package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
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

  @ParameterizedTest
  @CsvSource({
    "%d %b %Y,03 Feb 2026",
    "%A %B %j,Tuesday February 034",
    "%H:%M:%S %I %p %y-%m %%,17:08:09 05 PM 26-02 %",
    "on %a,on Tue"
  })
  void format_strftimeCodes_areThoseOfPython(String format, String expected) {
    assertThat(PythonDates.format(LocalDateTime.of(2026, 2, 3, 17, 8, 9), format))
        .isEqualTo(expected);
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
        "{{ ____int3rpr3t3r____.getContext() }}",
        "{{ ____int3rpr3t3r____.getConfig() }}",
      })
  void render_reachForTheMachine_isRefused(String source) {
    ChatTemplate template = template(source);
    assertThatThrownBy(() -> template.render(HELLO, false))
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
        "{% for a in range(1000) %}{% for b in range(9) if a == 10 %}{% endfor %}{{ 'x' * 90 }}"
            + "{% for b in range(999) if b == 1000 %}{% endfor %}{% endfor %}",
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
  @ValueSource(strings = {"(((((((((((((((((((((((((((((((((", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["})
  void of_expressionNestedTooDeeply_isRefused(String begin) {
    assertThatThrownBy(() -> template("{{ " + begin + "1 }}"))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessageStartingWith(
            "the chat template has an expression that is too long or nested too deeply: ");
  }

  @Test
  void of_expressionTooLong_isRefused() {
    assertThatThrownBy(() -> template("{{ 1" + " + 1".repeat(2000) + " }}"))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessageStartingWith(
            "the chat template has an expression that is too long or nested too deeply: ");
    assertThat(template("{{ '" + "x".repeat(9000) + "' }}").render(HELLO, false)).hasSize(9000);
  }

  @Test
  void render_blocksNestedTooDeeply_isRefused() {
    ChatTemplate template =
        template("{% if true %}".repeat(10_000) + "x" + "{% endif %}".repeat(10_000));
    assertThatThrownBy(() -> template.render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{{ messages | the chat template has a tag without }}: messages",
        "{% if x | the chat template has a tag without %}: if x",
        "{# never | the chat template has a {# without an end",
        "{% raw %}x | the chat template has a {% raw %} without an end",
        "{{ 'open }} | the chat template has a string without an end: 'open }}",
      })
  void of_tagWithoutAnEnd_isRefused(String source, String sentence) {
    assertThatThrownBy(() -> template(source))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage(sentence);
  }

  @Test
  void render_unknownFilterOrMethod_isRefusedByName() {
    assertThatThrownBy(() -> template("{{ 'a'.encode() }}").render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage("the chat template calls a string's method encode, which is not known here");
    assertThatThrownBy(() -> template("{{ 'a' | shout }}").render(HELLO, false))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage("the chat template uses a filter shout, which is not known here");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '→',
      quoteCharacter = '`',
      value = {
        "'xxaxx'.strip('x') → a",
        "'a,b,c'.split(',', 1)[1] → b,c",
        "'a,b,c'.rsplit(',', 1)[0] → a,b",
        "' a  b '.split()[1] → b",
        "'abc'.removeprefix('a').removesuffix('c') → b",
        "'abcab'.find('b') → 1",
        "'abcab'.count('ab') → 2",
        "'12'.isdigit() → True",
        "'hELLO you'.capitalize() → Hello you",
        "'abc'[0] ~ 'abc'[-1] → ac",
        "{'a': 1}.get('b', 2) → 2",
        "[1, 2] | tojson(indent=2) | length → 12",
        "'\\u00e9\\x41' → éA",
      })
  void render_pythonsMethods_doWhatPythonDoes(String expression, String expected) {
    assertThat(template("{{ " + expression + " }}").render(HELLO, false)).isEqualTo(expected);
  }

  private static ChatTemplate template(String source) {
    return ChatTemplate.of(source, ImmutableMap.of());
  }
}
