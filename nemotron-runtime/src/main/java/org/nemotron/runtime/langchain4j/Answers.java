package org.nemotron.runtime.langchain4j;

import dev.langchain4j.exception.InternalServerException;
import dev.langchain4j.model.output.FinishReason;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import org.nemotron.runtime.engine.GenerationResult;

/** Results of the engine in the terms of LangChain4j. */
final class Answers {
  private Answers() {}

  /** Returns a result that is an answer; that of a closed generator is none. */
  static GenerationResult complete(GenerationResult result) {
    if (result.finish() == org.nemotron.runtime.engine.FinishReason.CANCELLED) {
      throw new InternalServerException("the generator was closed before the answer was complete");
    }
    return result;
  }

  static FinishReason reason(org.nemotron.runtime.engine.FinishReason finish) {
    return switch (finish) {
      case END_TOKEN, STOP_STRING, STOP_TOKEN, COMPLETE -> FinishReason.STOP;
      case LENGTH, TIME -> FinishReason.LENGTH;
      case CANCELLED -> FinishReason.OTHER;
    };
  }

  static TokenUsage usage(GenerationResult result) {
    return new TokenUsage(result.promptTokens(), result.generatedTokens());
  }

  static Response<String> response(GenerationResult ended) {
    GenerationResult result = complete(ended);
    return Response.from(result.text(), usage(result), reason(result.finish()));
  }
}
