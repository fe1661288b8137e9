package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;

/** Writes a conversation as the text that a model reads: its chat template. */
@FunctionalInterface
public interface ChatFormat {
  /**
   * Returns the text of a conversation.
   *
   * @param continuesLast whether the last message is the beginning of an answer that the model goes
   *     on with; otherwise an answer is asked for
   */
  String render(ImmutableList<ChatTurn> turns, boolean continuesLast);
}
