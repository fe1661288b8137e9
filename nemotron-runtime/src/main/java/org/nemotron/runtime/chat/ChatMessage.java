package org.nemotron.runtime.chat;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

/**
 * One turn of a conversation. Immutable.
 *
 * @param role whose turn it is; templates know "system", "user" and "assistant"
 * @param content the text of the turn
 */
public record ChatMessage(String role, String content) {
  /** Checks that both are there. */
  public ChatMessage {
    checkNotNull(role, "the role of a message must not be null");
    checkArgument(!role.isEmpty(), "the role of a message must not be empty");
    checkNotNull(content, "the content of a message must not be null");
  }

  /** Returns instructions that hold for the whole conversation. */
  public static ChatMessage system(String content) {
    return new ChatMessage("system", content);
  }

  /** Returns a turn of the user. */
  public static ChatMessage user(String content) {
    return new ChatMessage("user", content);
  }

  /** Returns a turn of the model, as an earlier answer gave it. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage("assistant", content);
  }
}
