package org.nemotron.runtime.chat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.List;
import java.util.function.Function;
import org.nemotron.runtime.jinja.Characters;

/**
 * Prompts that end with the text of the last message.
 *
 * <p>As in transformers: a mark is put behind that text, and the prompt is cut where the mark is
 * found. Where the template dropped the blank at the end of the mark, it also drops white space at
 * the end of messages, so that the prompt has none either.
 */
final class FinalMessage {
  private static final String MARK = "CONTINUE_FINAL_MESSAGE_TAG";
  private static final String CONTENT = "content";
  private static final String MARK_AND_BLANK = MARK + " ";

  private FinalMessage() {}

  /**
   * Returns the prompt that {@code rendering} makes of the messages, cut behind the last text.
   *
   * @param source the template
   */
  static String render(
      String source, List<ChatMessage> messages, Function<List<ChatMessage>, String> rendering) {
    if (!source.contains(CONTENT)) {
      throw new ChatTemplateException(
          "the chat template does not read the content of messages: none can be continued");
    }
    ChatMessage last = Iterables.getLast(messages);
    ImmutableList<ChatMessage> marked =
        ImmutableList.<ChatMessage>builder()
            .addAll(messages.subList(0, messages.size() - 1))
            .add(last.continued(MARK_AND_BLANK))
            .build();
    String prompt = rendering.apply(marked);
    int end = prompt.lastIndexOf(MARK);
    if (end < 0 || !prompt.contains(last.lastText().strip())) {
      throw new ChatTemplateException(
          "the prompt does not have the last message, which it is to continue.\n"
              + "Maybe the chat template drops it, or a part of it: end the turn and begin"
              + " another one.");
    }
    String kept = prompt.substring(0, end);
    return prompt.startsWith(MARK_AND_BLANK, end) ? kept : Characters.stripTrailing(kept);
  }
}
