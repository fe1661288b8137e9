package org.nemotron.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class SamplingParamsTest {
  @Test
  void greedy_always_hasTemperatureZeroAndNoLogProbs() {
    assertThat(SamplingParams.greedy().isGreedy()).isTrue();
    assertThat(SamplingParams.greedy().logProbs()).isFalse();
  }

  @Test
  void build_nothingSet_isTheModelsOwnDistribution() {
    assertThat(SamplingParams.builder().build())
        .isEqualTo(new SamplingParams(1, 0, 1, 0, 1, 0, 0, 0, TokenBias.NONE, 0, true, false, 0));
  }

  @Test
  void build_everythingSet_keepsEachValue() {
    SamplingParams settings =
        SamplingParams.builder()
            .temperature(0.5)
            .topK(40)
            .topP(0.9)
            .minP(0.1)
            .repetitionPenalty(1.1)
            .penaltyWindow(64)
            .presencePenalty(0.5)
            .frequencyPenalty(-0.25)
            .logitBias(ImmutableMap.of(3, 1.5))
            .allowedTokens(ImmutableSet.of(3, 4))
            .bannedTokens(ImmutableSet.of(4))
            .seed(-3)
            .topLogProbs(0)
            .build();
    TokenBias bias =
        new TokenBias(ImmutableMap.of(3, 1.5), ImmutableSet.of(3, 4), ImmutableSet.of(4));
    assertThat(settings)
        .isEqualTo(
            new SamplingParams(0.5, 40, 0.9, 0.1, 1.1, 64, 0.5, -0.25, bias, -3, false, true, 0));
  }

  @ParameterizedTest
  @MethodSource("wrongValues")
  void setter_wrongValue_saysWhichAndWhatRules(
      Consumer<SamplingParams.Builder> setter, String sentence) {
    SamplingParams.Builder builder = SamplingParams.builder();
    assertThatThrownBy(() -> setter.accept(builder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(sentence);
  }

  static Stream<Arguments> wrongValues() {
    return Stream.of(
        wrong(
            b -> b.temperature(-1),
            "temperature (-1.0) must be a number of at least 0 (0 chooses the likeliest token)"),
        wrong(
            b -> b.temperature(Double.NaN),
            "temperature (NaN) must be a number of at least 0 (0 chooses the likeliest token)"),
        wrong(b -> b.topK(-1), "topK (-1) must not be negative (0 keeps all tokens)"),
        wrong(b -> b.topP(0), "topP (0.0) must lie in (0, 1] (1 keeps all tokens)"),
        wrong(b -> b.topP(1.5), "topP (1.5) must lie in (0, 1] (1 keeps all tokens)"),
        wrong(b -> b.minP(-0.1), "minP (-0.1) must lie in [0, 1] (0 keeps all tokens)"),
        wrong(
            b -> b.repetitionPenalty(0),
            "repetitionPenalty (0.0) must be a positive number (1 switches it off)"),
        wrong(
            b -> b.penaltyWindow(-2),
            "penaltyWindow (-2) must not be negative (0 counts all tokens)"),
        wrong(
            b -> b.presencePenalty(2.5),
            "presencePenalty (2.5) must lie in [-2, 2] (0 switches it off)"),
        wrong(
            b -> b.frequencyPenalty(Double.NaN),
            "frequencyPenalty (NaN) must lie in [-2, 2] (0 switches it off)"),
        wrong(
            b -> b.logitBias(ImmutableMap.of(7, 101.0)),
            "the logit bias (101.0) of token 7 must lie in [-100, 100]"),
        wrong(b -> b.bannedTokens(ImmutableSet.of(-1)), "a banned token (-1) must not be negative"),
        wrong(
            b -> b.allowedTokens(ImmutableSet.of(2)).bannedTokens(ImmutableSet.of(1, 2)),
            "every allowed token is banned, so that no token can follow"),
        wrong(b -> b.topLogProbs(-1), "topLogProbs (-1) must lie in [0, 1000]"),
        wrong(b -> b.topLogProbs(1001), "topLogProbs (1001) must lie in [0, 1000]"));
  }

  @Test
  void new_topLogProbsWithoutLogProbs_isRefused() {
    assertThatThrownBy(
            () -> new SamplingParams(1, 0, 1, 0, 1, 0, 0, 0, TokenBias.NONE, 0, true, false, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("topLogProbs (2) needs logProbs");
  }

  private static Arguments wrong(Consumer<SamplingParams.Builder> setter, String sentence) {
    return Arguments.of(setter, sentence);
  }
}
