package org.nemotron.core.eval.task;

/**
 * A message of a conversation.
 *
 * @param role system, user or assistant
 * @param content its text
 */
public record ChatTurn(String role, String content) {}
