package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkNotNull;

import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.chat.ChatTemplateException;
import org.nemotron.runtime.metrics.MetricsRecorder;
import org.nemotron.runtime.sampling.ConstraintException;
import org.nemotron.runtime.text.EndTokens;

/** Makes jobs of requests, once they are checked. Safe for use by several threads. */
final class GenerationJobs {
  private final Tokenizer tokenizer;
  private final PromptEncoder prompts;
  private final Engine engine;
  private final MetricsRecorder metrics;

  GenerationJobs(
      Tokenizer tokenizer, PromptEncoder prompts, Engine engine, MetricsRecorder metrics) {
    this.tokenizer = tokenizer;
    this.prompts = prompts;
    this.engine = engine;
    this.metrics = metrics;
  }

  /**
   * Returns the job of {@code request}, which reports to {@code generation}.
   *
   * @throws RequestRefusedException if it can never be served
   * @throws GenerationFailedException if the file of the chat template is malformed, or an error
   *     ended the engine
   * @throws IllegalStateException if the engine is closed
   */
  GenerationJob of(GenerationRequest request, Generation generation, RequestListener listener) {
    checkNotNull(request, "a request must not be null");
    checkNotNull(listener, "the listener of a request must not be null");
    engine.checkOpen();
    try {
      return checked(request, generation, listener);
    } catch (IllegalArgumentException | ChatTemplateException | ConstraintException e) {
      throw new RequestRefusedException(e);
    }
  }

  private GenerationJob checked(
      GenerationRequest request, Generation generation, RequestListener listener) {
    Prompt.Encoded prompt = request.prompt().accept(prompts);
    int room = engine.spec().maxPositions() - prompt.ids().length() + 1;
    int maxNewTokens = Math.min(request.maxNewTokens(), Math.max(1, room));
    engine.checkFits(prompt.ids().length(), Math.max(0, maxNewTokens - 1));
    return new GenerationJob(
        prompt.ids(),
        maxNewTokens,
        request,
        engine.spec().vocabularySize(),
        tokenizer,
        request.ignoreEndTokens() ? EndTokens.none() : prompt.endTokens(),
        metrics,
        generation,
        listener);
  }
}
