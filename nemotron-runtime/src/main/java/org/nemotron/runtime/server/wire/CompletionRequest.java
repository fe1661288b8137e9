package org.nemotron.runtime.server.wire;

import com.google.common.collect.ImmutableList;
import org.nemotron.runtime.engine.Prompt;

/**
 * A request for completions. Immutable.
 *
 * @param echo whether an answer begins with its prompt
 */
public record CompletionRequest(
    GenerationOptions options, ImmutableList<Prompt> prompts, boolean echo) implements ApiRequest {
  @Override
  public String promptField() {
    return "prompt";
  }

  @Override
  public ToolUse tools() {
    return ToolUse.NONE;
  }

  @Override
  public AnswerShape shape(AnswerHead head) {
    return new CompletionShape(head, options);
  }
}
