package org.nemotron.examples.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.eval.task.ChatTurn;

final class ConversationsTest {
  private static final String TEMPLATE =
      "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}"
          + "{% if add_generation_prompt %}<assistant>{% endif %}";
  private static final String WITHOUT_SYSTEM =
      "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}"
          + TEMPLATE;
  private static final ImmutableList<ChatTurn> TURNS =
      ImmutableList.of(new ChatTurn("system", "Be brief."), new ChatTurn("user", "2 + 3?"));

  @Test
  void render_question_asksForAnAnswer(@TempDir Path folder) throws IOException {
    Conversations format = Conversations.of(ImmutableList.of(model(folder, "a", TEMPLATE)));
    assertThat(format.render(TURNS, false))
        .isEqualTo("<system>Be brief.</><user>2 + 3?</><assistant>");
  }

  @Test
  void render_answerThatIsBegun_goesOn(@TempDir Path folder) throws IOException {
    Conversations format = Conversations.of(ImmutableList.of(model(folder, "a", TEMPLATE)));
    ImmutableList<ChatTurn> begun =
        ImmutableList.of(TURNS.get(1), new ChatTurn("assistant", "It is"));
    assertThat(format.render(begun, true)).isEqualTo("<user>2 + 3?</><assistant>It is");
  }

  @Test
  void render_templateThatRefusesASystem_getsTheOthers(@TempDir Path folder) throws IOException {
    Conversations format = Conversations.of(ImmutableList.of(model(folder, "a", WITHOUT_SYSTEM)));
    assertThat(format.render(TURNS, false)).isEqualTo("<user>2 + 3?</><assistant>");
  }

  @Test
  void of_modelWithAnotherTemplateOrNone_isNamed(@TempDir Path folder) throws IOException {
    Path first = model(folder, "a", TEMPLATE);
    Path other = model(folder, "b", WITHOUT_SYSTEM);
    Path none = Files.createDirectory(folder.resolve("c"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Conversations.of(ImmutableList.of(first, other)))
        .withMessageStartingWith(other + " has another chat template than " + first);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Conversations.of(ImmutableList.of(first, none)))
        .withMessageStartingWith(none + " has no chat template, which conversations need.");
  }

  private static Path model(Path folder, String name, String template) throws IOException {
    Path model = Files.createDirectory(folder.resolve(name));
    Files.writeString(model.resolve("chat_template.jinja"), template);
    return model;
  }
}
