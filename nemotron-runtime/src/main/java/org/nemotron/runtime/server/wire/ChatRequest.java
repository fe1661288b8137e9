package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.engine.Prompt;

/** A request for the next turn of a conversation. Immutable. */
public record ChatRequest(GenerationOptions options, Prompt conversation, ToolUse tools)
    implements ApiRequest {
  @Override
  public ImmutableList<Prompt> prompts() {
    return ImmutableList.of(conversation);
  }

  @Override
  public boolean echo() {
    return false;
  }

  @Override
  public String promptField() {
    return "messages";
  }

  @Override
  public AnswerShape shape(AnswerHead head) {
    return new ChatShape(head, options);
  }
}
