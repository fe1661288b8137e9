package org.nemotron.runtime.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TemplateConversationsTest {
  private static final String CHATML =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

  private static ImmutableList<String> answers(String template, String... turns) {
    TemplateConversations conversations =
        TemplateConversations.of(ChatTemplate.of(template, ImmutableMap.of()));
    String text = conversations.text(List.of(turns));
    return conversations.answers(List.of(turns)).stream()
        .map(answer -> text.substring(answer.begin(), answer.end()))
        .collect(ImmutableList.toImmutableList());
  }

  private static String turn(String role, String content) {
    return "{\"role\": \"" + role + "\", \"content\": \"" + content + "\"}";
  }

  @Test
  void answers_severalTurns_answersAreThoseOfTheAssistantWithTheirEnds() {
    assertThat(
            answers(
                CHATML,
                turn("user", "Hi"),
                turn("assistant", "Hello"),
                turn("user", "Bye"),
                turn("assistant", "See you")))
        .containsExactly("Hello<|im_end|>\n", "See you<|im_end|>\n");
  }

  @Test
  void answers_templateThatDropsEarlierReasoning_isRefused() {
    String dropping =
        "{% for m in messages %}[{{ m.role }}:{{ m.content if loop.last else 'dropped' }}]"
            + "{% endfor %}{% if add_generation_prompt %}[assistant:{% endif %}";
    assertThatThrownBy(
            () ->
                answers(
                    dropping,
                    turn("user", "Hi"),
                    turn("assistant", "Hello"),
                    turn("user", "Bye"),
                    turn("assistant", "See you")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the template renders turn 2 otherwise in the whole conversation than at its end");
  }

  @Test
  void answers_templateThatFails_isRefusedWithItsWords() {
    assertThatThrownBy(() -> answers("{{ raise_exception('no') }}", turn("user", "Hi")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no");
    assertThatThrownBy(() -> answers(CHATML, "{\"content\": \"Hi\"}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a message must have a role");
  }
}
