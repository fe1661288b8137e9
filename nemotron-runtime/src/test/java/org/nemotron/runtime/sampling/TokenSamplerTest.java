package org.nemotron.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.NonFiniteException;

final class TokenSamplerTest {
  private static final ImmutableIntArray NO_PROMPT = ImmutableIntArray.of();

  @Test
  void next_greedyAndTwoLargest_choosesTheLowerId() {
    TokenSampler sampler = new TokenSampler(SamplingParams.greedy(), 4, NO_PROMPT);
    assertThat(sampler.next(new float[] {1, 3, 3, 2}).token()).isEqualTo(1);
  }

  @Test
  void next_logProbsNotAskedFor_reportsNone() {
    TokenSampler sampler = new TokenSampler(SamplingParams.greedy(), 2, NO_PROMPT);
    Sampled sampled = sampler.next(new float[] {1, 3});
    assertThat(sampled.logProb()).isEmpty();
    assertThat(sampled.top()).isEmpty();
  }

  @Test
  void next_moreTopLogProbsThanTokens_reportsAll() {
    SamplingParams settings = SamplingParams.builder().topLogProbs(9).build();
    Sampled sampled = new TokenSampler(settings, 3, NO_PROMPT).next(new float[] {0, 2, 1});
    assertThat(sampled.top().stream().map(TokenLogProb::token)).containsExactly(1, 2, 0);
  }

  @Test
  void next_penalty_leavesTheLogitsAsTheyWere() {
    SamplingParams settings = SamplingParams.builder().repetitionPenalty(1.7).build();
    float[] logits = {0.3f, -0.7f, 1.1f};
    TokenSampler sampler = new TokenSampler(settings, 3, ImmutableIntArray.of(0, 1, 2, 1));
    for (int step = 0; step < 20; step++) {
      Sampled unused = sampler.next(logits);
      assertThat(logits).containsExactly(0.3f, -0.7f, 1.1f);
    }
  }

  @Test
  void next_greedyWithPenalty_avoidsWhatPromptAndAnswerHave() {
    SamplingParams settings = SamplingParams.builder().temperature(0).repetitionPenalty(2).build();
    TokenSampler sampler = new TokenSampler(settings, 4, ImmutableIntArray.of(3));
    float[] logits = {1, 1.5f, 1.75f, 1.9f};
    assertThat(IntStream.range(0, 4).map(step -> sampler.next(logits).token()))
        .containsExactly(2, 1, 0, 3);
  }

  @Test
  void next_penaltyWindow_forgetsOlderTokens() {
    SamplingParams settings =
        SamplingParams.builder().temperature(0).repetitionPenalty(2).penaltyWindow(2).build();
    TokenSampler sampler = new TokenSampler(settings, 3, ImmutableIntArray.of(0, 1));
    float[] logits = {4, 3, 2.5f};
    // Seen 0 1: penalized to 2, 1.5. Then 1 2: 0 is free again. Then 2 0: 1 is. Then 0 1 once more.
    assertThat(IntStream.range(0, 4).map(step -> sampler.next(logits).token()))
        .containsExactly(2, 0, 1, 2);
  }

  @Test
  void next_sameSeed_drawsTheSameTokens() {
    float[] logits = new float[100];
    int[] first = draws(5, logits);
    assertThat(draws(5, logits)).isEqualTo(first);
    assertThat(draws(6, logits)).isNotEqualTo(first);
  }

  @Test
  void next_forbiddenTokens_areNeverDrawn() {
    float[] logits = {Float.NEGATIVE_INFINITY, 0, Float.NEGATIVE_INFINITY, 0};
    assertThat(draws(1, logits)).containsOnly(1, 3);
  }

  @Test
  void next_tinyTemperature_drawsTheLikeliest() {
    SamplingParams settings = SamplingParams.builder().temperature(1e-300).build();
    TokenSampler sampler = new TokenSampler(settings, 3, NO_PROMPT);
    assertThat(sampler.next(new float[] {1, 3, 2}).token()).isEqualTo(1);
  }

  @Test
  void next_topPPartsEqualTokens_keepsTheLowerIds() {
    SamplingParams settings = SamplingParams.builder().topP(0.5).build();
    TokenSampler sampler = new TokenSampler(settings, 4, NO_PROMPT);
    assertThat(IntStream.range(0, 200).map(step -> sampler.next(new float[4]).token()))
        .containsOnly(0, 1);
  }

  @Test
  void next_notANumber_isRefused() {
    TokenSampler sampler = new TokenSampler(SamplingParams.greedy(), 3, NO_PROMPT);
    assertThatThrownBy(() -> sampler.next(new float[] {1, Float.NaN, 0}))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "the logit of token 1 (NaN) must be finite or -Infinity.\n"
                + "Maybe the weights are damaged, or the model overflows in this element type.");
  }

  @Test
  void next_nothingPossible_isRefused() {
    TokenSampler sampler = new TokenSampler(SamplingParams.greedy(), 1, NO_PROMPT);
    assertThatThrownBy(() -> sampler.next(new float[] {Float.NEGATIVE_INFINITY}))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage("every logit is -Infinity, so that no token can follow");
  }

  @Test
  void next_rowOfAnotherLength_isRefused() {
    TokenSampler sampler = new TokenSampler(SamplingParams.greedy(), 3, NO_PROMPT);
    assertThatThrownBy(() -> sampler.next(new float[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a row of 2 logits must have one for each of 3 tokens");
  }

  @Test
  void new_promptBeyondTheVocabulary_isRefused() {
    assertThatThrownBy(
            () -> new TokenSampler(SamplingParams.greedy(), 3, ImmutableIntArray.of(1, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "token 3 of the prompt is beyond the model's vocabulary of 3.\n"
                + "Maybe the tokenizer belongs to another model.");
  }

  private static int[] draws(long seed, float[] logits) {
    TokenSampler sampler =
        new TokenSampler(SamplingParams.builder().seed(seed).build(), logits.length, NO_PROMPT);
    return IntStream.range(0, 50).map(step -> sampler.next(logits).token()).toArray();
  }
}
