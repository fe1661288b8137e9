package org.nemotron.examples.evaluation;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.eval.task.ChatFormat;
import org.nemotron.core.eval.task.ChatTurn;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatOptions;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.chat.ChatTemplateException;

/** Prompts as conversations, by the chat template that all models have. */
public final class Conversations implements ChatFormat {
  private static final String SYSTEM = "system";

  private final ChatTemplate template;

  private Conversations(ChatTemplate template) {
    this.template = template;
  }

  /**
   * Reads the template of the models.
   *
   * @throws IllegalArgumentException if one has none, or another than the first
   */
  public static Conversations of(List<Path> models) throws IOException {
    ChatTemplate first = read(models.get(0));
    for (Path model : models.subList(1, models.size())) {
      checkArgument(
          read(model).source().equals(first.source()),
          "%s has another chat template than %s, so that their prompts would differ.\n"
              + "Maybe evaluate them one by one.",
          model,
          models.get(0));
    }
    return new Conversations(first);
  }

  private static ChatTemplate read(Path model) throws IOException {
    try (TokenizerDirectory files = TokenizerDirectory.of(model)) {
      return ChatTemplate.read(files.path())
          .orElseThrow(
              () ->
                  new IllegalArgumentException(
                      model
                          + " has no chat template, which conversations need.\n"
                          + "Maybe it was not trained on conversations."));
    }
  }

  /** A template that refuses a system's message gets the others alone, as in the harness. */
  @Override
  public String render(ImmutableList<ChatTurn> turns, boolean continuesLast) {
    ChatOptions options = ChatOptions.builder().continueFinalMessage(continuesLast).build();
    try {
      return template.render(messages(turns), options);
    } catch (ChatTemplateException e) {
      ImmutableList<ChatTurn> others =
          turns.stream()
              .filter(turn -> !turn.role().equals(SYSTEM))
              .collect(ImmutableList.toImmutableList());
      if (others.size() == turns.size()) {
        throw e;
      }
      return template.render(messages(others), options);
    }
  }

  private static ImmutableList<ChatMessage> messages(List<ChatTurn> turns) {
    return turns.stream()
        .map(turn -> new ChatMessage(turn.role(), turn.content()))
        .collect(ImmutableList.toImmutableList());
  }
}
