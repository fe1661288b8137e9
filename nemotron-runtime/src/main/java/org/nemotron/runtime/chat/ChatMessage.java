package org.nemotron.runtime.chat;

/**
 * One turn of a conversation. Immutable.
 *
 * @param role who speaks; templates know "system", "user" and "assistant"
 * @param content what is said
 */
public record ChatMessage(String role, String content) {
  /** Returns what tells the model how to behave. */
  public static ChatMessage system(String content) {
    return new ChatMessage("system", content);
  }

  /** Returns what the user says. */
  public static ChatMessage user(String content) {
    return new ChatMessage("user", content);
  }

  /** Returns what the model said. */
  public static ChatMessage assistant(String content) {
    return new ChatMessage("assistant", content);
  }
}
