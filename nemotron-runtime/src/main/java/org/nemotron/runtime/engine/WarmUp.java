package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.runtime.sampling.SamplingParams;

/** What an engine answers before the first caller. */
final class WarmUp {
  private static final int TOKENS = 4;

  /** No caller's salt: one that is not a text that anybody types. */
  private static final String SALT = "\0warm-up";

  private WarmUp() {}

  /** Returns requests that run beside each other, for a model of any context and vocabulary. */
  static ImmutableList<GenerationRequest> requests(ModelSpec spec) {
    int length = Math.max(1, Math.min(KvPages.PAGE_TOKENS + 1, spec.maxPositions() - TOKENS));
    int token = spec.vocabularySize() - 1;
    ImmutableIntArray prompt = ImmutableIntArray.copyOf(new int[length]);
    SamplingParams samples = SamplingParams.builder().topP(0.9).seed(1).topLogProbs(1).build();
    return ImmutableList.of(
        request(prompt, SamplingParams.greedy()), request(ImmutableIntArray.of(token), samples));
  }

  private static GenerationRequest request(ImmutableIntArray prompt, SamplingParams sampling) {
    return GenerationRequest.continuing(prompt)
        .maxNewTokens(TOKENS)
        .ignoreEndTokens()
        .sampling(sampling)
        .cacheSalt(SALT)
        .build();
  }
}
