package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.sampling.SamplingParams;

/** What ends an answer, what it may have, and whose pages it reads. */
final class RequestOptionsTest {
  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static GenerationRequest.Builder request() {
    return GenerationRequest.continuing(new int[] {5, 6, 7}).maxNewTokens(40).ignoreEndTokens();
  }

  private static SamplingParams sampling(long seed) {
    return SamplingParams.builder()
        .seed(seed)
        .presencePenalty(0.7)
        .frequencyPenalty(0.4)
        .logitBias(ImmutableMap.of(11, 3.0, 400, -2.0))
        .bannedTokens(ImmutableSet.of(12, 13))
        .build();
  }

  @Test
  void stopTokens_chosen_endTheAnswerBeforeThem() {
    ImmutableIntArray free = generator.generate(request().build()).tokens();
    int stop = free.get(9);
    int first = free.indexOf(stop);
    GenerationResult result = generator.generate(request().stopTokens(List.of(stop)).build());
    assertThat(result.finish()).isEqualTo(FinishReason.STOP_TOKEN);
    assertThat(result.stop()).isEqualTo(new Stop.Token(stop));
    assertThat(result.tokens()).isEqualTo(free.subArray(0, first));
    assertThat(result.generatedTokens()).isEqualTo(first + 1);
  }

  @Test
  void includeStop_stopToken_isPartOfTheAnswer() throws IOException {
    ImmutableIntArray free = generator.generate(request().build()).tokens();
    int stop = free.get(9);
    int first = free.indexOf(stop);
    GenerationResult result =
        generator.generate(request().stopTokens(List.of(stop)).includeStop().build());
    assertThat(result.stop()).isEqualTo(new Stop.Token(stop));
    assertThat(result.tokens()).isEqualTo(free.subArray(0, first + 1));
    try (Tokenizer tokenizer = Tokenizer.open(SmallModel.SHIPPED)) {
      assertThat(result.text()).isEqualTo(tokenizer.decodeText(result.tokens()));
    }
  }

  @Test
  void stopStrings_several_theResultNamesTheOneThatEndedIt() {
    String free = generator.generate(request().build()).text();
    String stop = free.substring(20, 24);
    GenerationRequest.Builder request = request().stopStrings("never in it", stop);
    GenerationResult without = generator.generate(request.build());
    assertThat(without.finish()).isEqualTo(FinishReason.STOP_STRING);
    assertThat(without.stop()).isEqualTo(new Stop.Text(stop));
    assertThat(without.text()).isEqualTo(free.substring(0, free.indexOf(stop)));
    StringBuilder streamed = new StringBuilder();
    GenerationResult with =
        generator.generate(request.includeStop().build(), (String text) -> streamed.append(text));
    assertThat(with.text()).isEqualTo(without.text() + stop);
    assertThat(streamed).hasToString(with.text());
  }

  @Test
  void stop_answerOfFullLength_isNone() {
    GenerationResult result = generator.generate(request().build());
    assertThat(result.finish()).isEqualTo(FinishReason.LENGTH);
    assertThat(result.stop()).isEqualTo(Stop.NONE);
    assertThat(result.generatedTokens()).isEqualTo(40);
  }

  @Test
  void minNewTokens_stopTokenAndStopString_comeNoSooner() {
    ImmutableIntArray free = generator.generate(request().build()).tokens();
    int stop = free.get(0);
    GenerationResult token =
        generator.generate(request().stopTokens(List.of(stop)).minNewTokens(12).build());
    assertThat(token.tokens().length()).isGreaterThanOrEqualTo(12);
    assertThat(token.tokens().contains(stop)).isFalse();
    GenerationResult text =
        generator.generate(request().stopStrings("e", "a", "o", "i", " ").minNewTokens(12).build());
    assertThat(text.tokens().length()).isGreaterThanOrEqualTo(12);
    assertThat(text.finish()).isEqualTo(FinishReason.STOP_STRING);
  }

  @Test
  void minNewTokens_moreThanMaxNewTokens_isRefused() {
    assertThatThrownBy(() -> request().minNewTokens(41).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("minNewTokens (41) must lie between 0 and maxNewTokens (40)");
  }

  @Test
  void allowedTokens_few_onlyTheseAreChosen() {
    SamplingParams few =
        SamplingParams.builder().seed(3).allowedTokens(ImmutableSet.of(50, 60, 70)).build();
    ImmutableIntArray tokens = generator.generate(request().sampling(few).build()).tokens();
    assertThat(ImmutableSet.copyOf(tokens.asList())).isSubsetOf(50, 60, 70).hasSizeGreaterThan(1);
  }

  @Test
  void logitBias_tokenBeyondTheVocabulary_isRefused() {
    SamplingParams wrong =
        SamplingParams.builder().logitBias(ImmutableMap.of(SmallModel.VOCABULARY, 1.0)).build();
    assertThatThrownBy(() -> generator.submit(request().sampling(wrong).build()))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessage("token 4096 of the logit bias is beyond the model's vocabulary of 4096");
  }

  @Test
  void allowedTokens_allWouldEndTooSoon_failsThisRequestOnly() {
    SamplingParams only =
        SamplingParams.builder().temperature(0).allowedTokens(ImmutableSet.of(9)).build();
    GenerationRequest impossible =
        request().sampling(only).stopTokens(List.of(9)).minNewTokens(2).build();
    Generation other = generator.submit(request().build());
    assertThatThrownBy(() -> generator.generate(impossible))
        .isInstanceOf(GenerationFailedException.class)
        .hasMessageContaining("no token can follow");
    assertThat(other.await().finish()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void generateAll_penaltiesAndBias_giveEachWhatItGetsAlone() {
    ImmutableList<GenerationRequest> requests =
        IntStream.range(0, 17)
            .mapToObj(
                i ->
                    GenerationRequest.continuing(
                            ImmutableIntArray.copyOf(
                                new SplittableRandom(i).ints(1 + 9 * i, 0, SmallModel.VOCABULARY)))
                        .maxNewTokens(20 + i)
                        .sampling(sampling(i))
                        .stopTokens(List.of(17))
                        .minNewTokens(i)
                        .build())
            .collect(ImmutableList.toImmutableList());
    ImmutableList<GenerationResult> together = generator.generateAll(requests);
    for (int i = 0; i < requests.size(); i++) {
      assertThat(together.get(i).tokens()).isEqualTo(generator.generate(requests.get(i)).tokens());
    }
  }

  @Test
  void cacheSalt_other_sharesNoPages() {
    int[] prompt = new SplittableRandom(77).ints(3 * KvPages.PAGE_TOKENS + 5, 0, 4096).toArray();
    GenerationRequest.Builder plain = GenerationRequest.continuing(prompt).maxNewTokens(3);
    GenerationResult first = generator.generate(plain.cacheSalt("a").build());
    GenerationResult other = generator.generate(plain.cacheSalt("b").build());
    GenerationResult none = generator.generate(plain.cacheSalt("").build());
    GenerationResult same = generator.generate(plain.cacheSalt("a").build());
    assertThat(first.sharedTokens()).isZero();
    assertThat(other.sharedTokens()).isZero();
    assertThat(none.sharedTokens()).isZero();
    assertThat(same.sharedTokens()).isEqualTo(3 * KvPages.PAGE_TOKENS);
    assertThat(same.tokens()).isEqualTo(first.tokens());
  }

  @Test
  void warmUp_anyModel_leavesNoPageInUse() {
    long served = generator.metrics().served();
    generator.warmUp();
    assertThat(generator.metrics().served()).isEqualTo(served + 2);
    assertThat(generator.metrics().cache().usedPages()).isZero();
  }
}
