package org.nemotron.runtime.langchain4j;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.text.EndTokens;

/**
 * What parameters mean for a request: sampling, length and stop strings.
 *
 * @param sampling what counts where they say nothing
 * @param modelName the one model that there is
 */
record Parameters(SamplingParams sampling, String modelName) {
  /** Refuses parameters that ask for another model. */
  void checkName(ChatRequestParameters parameters) {
    String asked = parameters.modelName();
    if (asked != null && !asked.equals(modelName)) {
      throw Unsupported.feature(
          "the parameter modelName (" + asked + ")", "this model is " + modelName);
    }
  }

  private SamplingParams sampling(ChatRequestParameters parameters) {
    SamplingParams.Builder chosen = sampling.toBuilder();
    if (parameters.temperature() != null) {
      chosen.temperature(parameters.temperature());
    }
    if (parameters.topP() != null) {
      chosen.topP(parameters.topP());
    }
    if (parameters.topK() != null) {
      chosen.topK(parameters.topK());
    }
    if (parameters.frequencyPenalty() != null) {
      chosen.frequencyPenalty(parameters.frequencyPenalty());
    }
    if (parameters.presencePenalty() != null) {
      chosen.presencePenalty(parameters.presencePenalty());
    }
    return chosen.build();
  }

  /**
   * Returns a request with an answer up to the end of the context, unless {@code parameters} say
   * less.
   *
   * @throws IllegalArgumentException if one is out of its range
   */
  GenerationRequest.Builder request(
      Prompt.Encoded prompt, int context, ChatRequestParameters asked) {
    int room = Math.max(1, context - prompt.ids().length());
    @Nullable Integer most = asked.maxOutputTokens();
    checkArgument(most == null || most > 0, "maxOutputTokens (%s) must be positive", most);
    GenerationRequest.Builder request =
        GenerationRequest.continuing(prompt)
            .maxNewTokens(most == null ? room : Math.min(room, most))
            .sampling(sampling(asked));
    if (asked.stopSequences() != null) {
      request.stopStrings(asked.stopSequences());
    }
    return request;
  }

  /** Refuses parameters that no request could have. */
  void check(ChatRequestParameters parameters) {
    checkName(parameters);
    Prompt.Encoded none = new Prompt.Encoded(ImmutableIntArray.of(), EndTokens.none());
    GenerationRequest unused = request(none, Integer.MAX_VALUE, parameters).build();
  }
}
