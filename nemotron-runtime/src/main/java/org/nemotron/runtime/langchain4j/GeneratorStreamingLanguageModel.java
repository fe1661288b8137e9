package org.nemotron.runtime.langchain4j;

import dev.langchain4j.model.StreamingResponseHandler;
import dev.langchain4j.model.language.StreamingLanguageModel;
import dev.langchain4j.model.output.Response;
import java.util.concurrent.Executor;
import org.nemotron.runtime.engine.Generation;

/** See {@link LangChainModels#streamingLanguageModel}. */
final class GeneratorStreamingLanguageModel implements StreamingLanguageModel {
  private final TextRequests requests;
  private final Executor executor;

  GeneratorStreamingLanguageModel(TextRequests requests, Executor executor) {
    this.requests = requests;
    this.executor = executor;
  }

  @Override
  public void generate(String prompt, StreamingResponseHandler<String> handler) {
    executor.execute(() -> stream(prompt, handler));
  }

  private void stream(String prompt, StreamingResponseHandler<String> handler) {
    HandlerCalls calls = new HandlerCalls(handler::onError);
    try {
      Failures.translating(
          () -> {
            Generation generation = requests.start(prompt);
            generation.pieces().forEach(piece -> calls.call(() -> handler.onNext(piece)));
            Response<String> response = Answers.response(generation.await());
            calls.call(() -> handler.onComplete(response));
          });
    } catch (RuntimeException e) {
      calls.fail(e);
    }
  }
}
