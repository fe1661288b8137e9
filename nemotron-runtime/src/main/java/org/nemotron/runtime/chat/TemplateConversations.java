package org.nemotron.runtime.chat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.provenance.Fingerprint;

/**
 * Conversations to learn from, rendered by a chat template. Safe for use by several threads.
 *
 * <p>An answer is what a turn of the assistant adds to the prompt before it, the marks that end the
 * turn included. A template that renders earlier turns otherwise once later ones follow, as those
 * that drop earlier reasoning, shows them at no fixed place: the answers of such a conversation are
 * refused, its text is not.
 */
public final class TemplateConversations implements ConversationRenderer {
  private static final String ASSISTANT = "assistant";

  private final ChatTemplate template;

  private TemplateConversations(ChatTemplate template) {
    this.template = template;
  }

  /** Returns conversations by {@code template}. */
  public static TemplateConversations of(ChatTemplate template) {
    return new TemplateConversations(template);
  }

  /**
   * Returns conversations by the template of the model in {@code directory}, or nothing if it has
   * none.
   *
   * @throws IOException if a file is damaged, or the template is not Jinja
   */
  public static Optional<ConversationRenderer> read(Path directory) throws IOException {
    try {
      return ChatTemplate.read(directory).map(TemplateConversations::of);
    } catch (ChatTemplateException e) {
      throw new IOException(directory + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String text(List<String> turns) {
    return rendered(messages(turns), false);
  }

  @Override
  public ImmutableList<Span> answers(List<String> turns) {
    ImmutableList<ChatMessage> messages = messages(turns);
    String text = rendered(messages, false);
    ImmutableList.Builder<Span> answers = ImmutableList.builder();
    for (int turn = 0; turn < messages.size(); turn++) {
      if (messages.get(turn).role().equals(ASSISTANT)) {
        answers.add(answer(messages, turn, text));
      }
    }
    return answers.build();
  }

  private static ImmutableList<ChatMessage> messages(List<String> turns) {
    return turns.stream()
        .map(ChatMessage::parse)
        .map(ChatMessage::withArgumentsAsJson)
        .collect(ImmutableList.toImmutableList());
  }

  private String rendered(List<ChatMessage> messages, boolean addGenerationPrompt) {
    try {
      return template.render(messages, addGenerationPrompt);
    } catch (ChatTemplateException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** Returns where a turn stands in the text of all. */
  private Span answer(List<ChatMessage> messages, int turn, String text) {
    String before = turn == 0 ? "" : rendered(messages.subList(0, turn), true);
    String behind = rendered(messages.subList(0, turn + 1), false);
    if (!text.startsWith(behind) || !behind.startsWith(before)) {
      throw new IllegalArgumentException(
          "the template renders turn "
              + (turn + 1)
              + " otherwise in the whole conversation than at its end");
    }
    return new Span(before.length(), behind.length());
  }

  @Override
  public Fingerprint fingerprint() {
    return Fingerprint.builder().put("template", template.source()).build();
  }
}
