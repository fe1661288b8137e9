package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.engine.Prompt;

/** A request for answers. Immutable. */
public sealed interface ApiRequest permits CompletionRequest, ChatRequest {
  /** Returns what all kinds have. */
  GenerationOptions options();

  /** Returns the prompts, of which each gets as many answers as the options say. */
  ImmutableList<Prompt> prompts();

  /** Returns the field that has the prompts. */
  String promptField();

  /** Returns whether an answer begins with its prompt. */
  boolean echo();

  /** Returns the tools that the model may call. */
  ToolUse tools();

  /** Returns how the answers look. */
  AnswerShape shape(AnswerHead head);
}
