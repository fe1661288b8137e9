package org.nemotron.runtime.chat;

/** A piece of the model's turn, as it comes: text, or a part of a call of a tool. Immutable. */
public sealed interface AnswerPart {
  /** Text that belongs to no call. */
  record Text(String text) implements AnswerPart {}

  /**
   * A call begins.
   *
   * @param index which call of the turn this is, from 0
   * @param id names the call; other than that of every other call
   * @param name the tool
   */
  record CallBegin(int index, String id, String name) implements AnswerPart {}

  /**
   * The next piece of a call's arguments; joined they are a JSON value, as the model wrote it.
   *
   * @param index which call of the turn this belongs to
   */
  record CallArguments(int index, String json) implements AnswerPart {}
}
