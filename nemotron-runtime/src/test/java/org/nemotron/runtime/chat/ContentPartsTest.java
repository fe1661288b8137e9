package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Contents that are lists of parts, before templates that walk over them and those that do not. */
final class ContentPartsTest {
  private static final ChatMessage PARTS =
      ChatMessage.parse(
          """
          {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "you"}]}
          """);
  private static final ChatMessage PICTURE =
      ChatMessage.parse("{\"role\": \"user\", \"content\": [{\"type\": \"image\"}]}");

  private static String rendered(String template, ChatMessage message) {
    return ChatTemplate.of(template, ImmutableMap.of()).render(ImmutableList.of(message), false);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for m in messages %}{{ m['content'] }}{% endfor %}",
        "{% for m in messages %}{{ m.content | trim }}{% endfor %}",
        "{{ messages[0].content }}",
        "{% for m in messages %}{% if m.content is string %}{{ m.content }}"
            + "{% else %}{{ m.content | tojson }}{% endif %}{% endfor %}",
        "{% for m in messages %}{% for c in m.tool_calls %}{{ c.content }}{% endfor %}"
            + "{{ m.content }}{% endfor %}",
        "{% set content = messages[0].content %}{% for line in content.split('|') %}{{ line }}"
            + "{% endfor %}",
        "{% macro written(content) %}{{ content }}{% endmacro %}{{ written(messages[0].content) }}",
      })
  void render_templateOfTexts_takesTheTextsInLines(String template) {
    assertThat(rendered(template, PARTS)).isEqualTo("hi\nyou");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for m in messages %}{% for p in m['content'] %}<{{ p.text }}>{% endfor %}{% endfor %}",
        "{% for m in messages %}{% if m.content is string %}{{ m.content }}{% else %}"
            + "{% for p in m.content | selectattr('type', 'equalto', 'text') %}<{{ p['text'] }}>"
            + "{% endfor %}{% endif %}{% endfor %}",
        "{% set all = messages[0:] %}{% for m in all %}{% set c = m.content %}"
            + "{% for p in c %}<{{ p.text }}>{% endfor %}{% endfor %}",
        "{% macro written(content) %}{% for p in content %}<{{ p.text }}>{% endfor %}{% endmacro %}"
            + "{% for m in messages %}{{ written(m.content) }}{% endfor %}",
        "{% set ns = namespace(c=messages[0].get('content')) %}"
            + "{% for p in ns.c %}<{{ p.text }}>{% endfor %}",
        "{% set ns = namespace() %}{% set ns.c = (messages | first).content %}"
            + "{% for p in ns.c %}<{{ p.text }}>{% endfor %}",
        "<{{ messages[0].content | map(attribute='text') | join('><') }}>",
        "<{{ messages[0]['content'][0]['text'] }}><{{ (messages[0].content | last).text }}>",
        "{% for m in [{'role': 'system', 'content': []}] + messages %}"
            + "{% for p in m.content or [] %}<{{ p.text }}>{% endfor %}{% endfor %}",
        "{% for m in messages %}{% with c = m.content | default([], true) %}"
            + "{% for p in c %}<{{ p.text }}>{% endfor %}{% endwith %}{% endfor %}",
      })
  void render_templateThatWalksOverParts_takesTheParts(String template) {
    assertThat(rendered(template, PARTS)).isEqualTo("<hi><you>");
  }

  @Test
  void render_partWithoutText_reachesTheTemplateThatWalksOverParts() {
    String template =
        "{% for m in messages %}{% for p in m.content %}{{ p.type }}{% endfor %}{% endfor %}";
    assertThat(rendered(template, PICTURE)).isEqualTo("image");
  }

  @Test
  void render_partWithoutText_isRefusedByTheTemplateOfTexts() {
    assertThatThrownBy(() -> rendered("{{ messages[0].content }}", PICTURE))
        .isInstanceOf(ChatTemplateException.class)
        .hasMessage(
            "part 1 of a message's content has no text, and the chat template reads texts only:"
                + " {\"type\":\"image\"}");
  }

  @Test
  void render_templateForTools_decidesForItself() {
    ChatTemplate template =
        ChatTemplate.ofNamed(
            ImmutableMap.of(
                "default",
                "{{ messages[0].content }}",
                "tool_use",
                "{% for p in messages[0].content %}<{{ p.text }}>{% endfor %}"),
            ImmutableMap.of());
    assertThat(template.render(ImmutableList.of(PARTS), false)).isEqualTo("hi\nyou");
    ChatOptions tools = ChatOptions.builder().tools("[{\"name\": \"a\"}]").build();
    assertThat(template.render(ImmutableList.of(PARTS), tools)).isEqualTo("<hi><you>");
  }

  @Test
  void render_continuedParts_endWithTheLastText() {
    ChatTemplate template = ChatTemplate.of("{{ messages[0].content }}<end>", ImmutableMap.of());
    ChatOptions continued = ChatOptions.builder().continueFinalMessage(true).build();
    assertThat(template.render(ImmutableList.of(PARTS), continued)).isEqualTo("hi\nyou");
  }

  @Test
  void content_ofParts_isTheTextThatTemplatesRead() {
    assertThat(PARTS.content()).isEqualTo("hi\nyou");
  }
}
