package org.nemotron.runtime.eval;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.engine.FinishReason;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * A model as it serves: requests join the engine's running batch, beside those of other callers,
 * and share the full pages that their prompts begin with.
 *
 * <p>A request longer than {@link #maxLength} loses tokens of its prompt from the left. Safe for
 * use by several threads.
 */
public final class EngineModel implements LanguageModel {
  private final TextGenerator generator;
  private final Tokenizer tokenizer;

  /**
   * Makes a model of an engine.
   *
   * @param generator answers; it stays the caller's
   * @param tokenizer that of the same model; it stays the caller's
   */
  public EngineModel(TextGenerator generator, Tokenizer tokenizer) {
    this.generator = generator;
    this.tokenizer = tokenizer;
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public int maxLength() {
    return generator.spec().maxPositions();
  }

  /**
   * Returns the log-likelihood of every continuation given its context.
   *
   * @throws IllegalArgumentException if a continuation is longer than {@link #maxLength}
   * @throws org.nemotron.runtime.engine.GenerationFailedException if the engine refuses a request,
   *     such as for a token beyond the vocabulary, or cannot finish it
   */
  @Override
  public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
    return generator.logLikelihoods(
        requests.stream().map(this::cut).collect(ImmutableList.toImmutableList()));
  }

  private LikelihoodRequest cut(LikelihoodRequest request) {
    int continuation = request.continuation().length();
    checkArgument(
        continuation <= maxLength(),
        "a continuation of %s tokens must not exceed the %s that the model reads at once.\n"
            + "Maybe leave this item out, or evaluate a model with a longer context.",
        continuation,
        maxLength());
    ImmutableIntArray context = request.context();
    int over = context.length() + continuation - (maxLength() + 1);
    return over <= 0
        ? request
        : new LikelihoodRequest(context.subArray(over, context.length()), request.continuation());
  }

  /**
   * Returns the text that is written after every prompt.
   *
   * @throws IllegalArgumentException if {@code maxTokens} of a request leaves no room for its
   *     prompt
   * @throws org.nemotron.runtime.engine.GenerationFailedException if the engine refuses a request
   *     or cannot finish it
   */
  @Override
  public ImmutableList<GeneratedText> generate(List<GenerationRequest> requests) {
    return generator.generateAll(requests.stream().map(this::request).toList()).stream()
        .map(EngineModel::text)
        .collect(ImmutableList.toImmutableList());
  }

  private org.nemotron.runtime.engine.GenerationRequest request(GenerationRequest request) {
    int room = maxLength() - request.maxTokens();
    checkArgument(
        room > 0,
        "maxTokens (%s) must leave room for a prompt in the %s tokens that the model reads.\n"
            + "Maybe ask for fewer tokens.",
        request.maxTokens(),
        maxLength());
    int length = request.prompt().length();
    return org.nemotron.runtime.engine.GenerationRequest.continuing(
            request.prompt().subArray(Math.max(0, length - room), length))
        .maxNewTokens(request.maxTokens())
        .stopStrings(request.stops())
        .sampling(sampling(request))
        .build();
  }

  private static SamplingParams sampling(GenerationRequest request) {
    return request.isDrawn()
        ? SamplingParams.builder()
            .temperature(request.temperature())
            .topP(request.topP())
            .seed(request.seed())
            .build()
        : SamplingParams.greedy();
  }

  private static GeneratedText text(GenerationResult result) {
    int tokens = result.tokens().length();
    GeneratedText.Ending ending = ending(result.finish());
    return new GeneratedText(
        result.text(), ending == GeneratedText.Ending.END_TOKEN ? tokens + 1 : tokens, ending);
  }

  private static GeneratedText.Ending ending(FinishReason finish) {
    return switch (finish) {
      case END_TOKEN -> GeneratedText.Ending.END_TOKEN;
      case STOP_STRING -> GeneratedText.Ending.STOP;
      case LENGTH -> GeneratedText.Ending.LENGTH;
      case STOP_TOKEN, COMPLETE, TIME, CANCELLED ->
          throw new IllegalStateException(
              "a text that nothing of the kind was asked of ended by " + finish);
    };
  }
}
