package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvPages;
import org.nemotron.runtime.sampling.Sampled;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenLogProb;

/** Log-probabilities of the prompt beside an answer, and several answers to one prompt. */
final class PromptLogProbsTest {
  private static final SamplingParams ODD =
      SamplingParams.builder().temperature(0.2).topK(2).seed(9).topLogProbs(3).build();

  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static ImmutableIntArray prompt(int length, long seed) {
    return ImmutableIntArray.copyOf(
        new SplittableRandom(seed).ints(length, 0, SmallModel.VOCABULARY));
  }

  private static ImmutableList<TokenLogProb> own(ImmutableList<Sampled> sampled) {
    return sampled.stream()
        .flatMap(token -> token.own().stream())
        .collect(ImmutableList.toImmutableList());
  }

  /** Sums of a prompt one token shorter, as that of a score, come in another order. */
  private static void assertSame(
      ImmutableList<TokenLogProb> tokens, ImmutableList<TokenLogProb> expected) {
    assertThat(tokens.stream().map(TokenLogProb::token))
        .containsExactlyElementsOf(expected.stream().map(TokenLogProb::token).toList());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(tokens.get(i).logProb()).isCloseTo(expected.get(i).logProb(), within(1e-5));
    }
  }

  /** Longer than what a step reads, so that the prompt comes in pieces. */
  @Test
  void promptLogProbs_besideAnAnswer_areThoseOfScoreAndChangeNothing() {
    ImmutableIntArray prompt = prompt(400, 1);
    GenerationRequest.Builder request =
        GenerationRequest.continuing(prompt).maxNewTokens(7).sampling(ODD);
    GenerationResult plain = generator.generate(request.cacheSalt("plain").build());
    GenerationResult echo = generator.generate(request.cacheSalt("").promptLogProbs(4).build());
    assertThat(plain.prompt()).isEmpty();
    assertThat(echo.tokens()).isEqualTo(plain.tokens());
    assertThat(echo.sampled()).isEqualTo(plain.sampled());
    assertThat(echo.prompt().stream().mapToInt(Sampled::token))
        .containsExactly(prompt.asList().toArray(new Integer[0]));
    assertThat(echo.prompt().get(0).logProb()).isEmpty();
    assertThat(echo.prompt().get(0).top()).isEmpty();
    assertSame(own(echo.prompt()), generator.score(prompt, 1));
    assertThat(echo.prompt().subList(1, 400)).allMatch(token -> token.top().size() == 4);
  }

  /** What a harness compares: the number of the chosen token and that in the map. */
  @Test
  void promptLogProbs_tokenAmongTheLikeliest_hasTheSameNumberThere() {
    GenerationResult answer =
        generator.generate(
            GenerationRequest.continuing(prompt(20, 2)).maxNewTokens(30).ignoreEndTokens().build());
    ImmutableIntArray whole =
        ImmutableIntArray.builder().addAll(prompt(20, 2)).addAll(answer.tokens()).build();
    GenerationResult echo =
        generator.generate(
            GenerationRequest.continuing(whole).maxNewTokens(0).promptLogProbs(1).build());
    assertThat(echo.prompt().subList(20, 50))
        .allMatch(token -> token.top().equals(token.own()), "greedy tokens are the likeliest");
  }

  @Test
  void promptLogProbs_noNewToken_areAllThatComes() {
    long before = generator.metrics().generatedTokens();
    GenerationResult echo =
        generator.generate(
            GenerationRequest.continuing(prompt(70, 3)).maxNewTokens(0).promptLogProbs(0).build());
    assertThat(echo.finish()).isEqualTo(FinishReason.LENGTH);
    assertThat(echo.tokens().isEmpty()).isTrue();
    assertThat(echo.generatedTokens()).isZero();
    assertThat(echo.text()).isEmpty();
    assertSame(own(echo.prompt()), generator.score(prompt(70, 3), 1));
    assertThat(generator.metrics().generatedTokens()).isEqualTo(before);
    assertThat(generator.metrics().cache().usedPages()).isZero();
  }

  @Test
  void promptLogProbs_oneToken_hasNone() {
    GenerationResult echo =
        generator.generate(
            GenerationRequest.continuing(prompt(1, 4)).maxNewTokens(0).promptLogProbs(2).build());
    assertThat(echo.prompt()).hasSize(1);
    assertThat(echo.prompt().get(0).own()).isEmpty();
  }

  @Test
  void promptLogProbs_pagesInTheCache_areReadAgain() {
    GenerationRequest.Builder request =
        GenerationRequest.continuing(prompt(300, 5)).maxNewTokens(2).promptLogProbs(1);
    GenerationResult first = generator.generate(request.build());
    GenerationResult second = generator.generate(request.build());
    assertThat(second.sharedTokens()).isZero();
    assertThat(second.prompt()).isEqualTo(first.prompt());
  }

  @Test
  void maxNewTokens_zeroWithoutPromptLogProbs_isRefused() {
    assertThatThrownBy(() -> GenerationRequest.continuing("a").maxNewTokens(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxNewTokens (0) must be positive");
  }

  /** Before temperature and filters: those of another temperature are the same numbers. */
  @Test
  void logProbs_anyTemperatureAndFilter_areTheModelsOwn() {
    GenerationRequest.Builder request =
        GenerationRequest.continuing(prompt(9, 6)).maxNewTokens(12).ignoreEndTokens();
    GenerationResult drawn = generator.generate(request.sampling(ODD).build());
    ImmutableIntArray whole =
        ImmutableIntArray.builder().addAll(prompt(9, 6)).addAll(drawn.tokens()).build();
    ImmutableList<TokenLogProb> scores = generator.score(whole, 9);
    for (int i = 0; i < 12; i++) {
      assertThat(drawn.sampled().get(i).own().get(0).token()).isEqualTo(scores.get(i).token());
      assertThat(drawn.sampled().get(i).own().get(0).logProb())
          .isCloseTo(scores.get(i).logProb(), within(1e-3));
    }
  }

  @Test
  void trySubmit_severalContinuations_readThePromptOnce() {
    ImmutableIntArray prompt = prompt(3 * KvPages.PAGE_TOKENS + 9, 7);
    SamplingParams sampling = SamplingParams.builder().seed(41).build();
    GenerationRequest request =
        GenerationRequest.continuing(prompt)
            .maxNewTokens(10)
            .sampling(sampling)
            .promptLogProbs(0)
            .build();
    ImmutableList<GenerationResult> results =
        generator.trySubmit(request, 4, RequestListener.NONE).orElseThrow().stream()
            .map(Generation::await)
            .collect(ImmutableList.toImmutableList());
    assertThat(results.stream().map(GenerationResult::sharedTokens))
        .containsExactly(0, 192, 192, 192);
    assertThat(results.stream().map(GenerationResult::seed)).containsExactly(41L, 42L, 43L, 44L);
    assertThat(results.stream().map(result -> result.prompt().size()))
        .containsExactly(prompt.length(), 0, 0, 0);
    IntStream.range(0, 4)
        .forEach(
            i ->
                assertThat(results.get(i).tokens())
                    .isEqualTo(
                        generator
                            .generate(
                                GenerationRequest.continuing(prompt)
                                    .maxNewTokens(10)
                                    .sampling(sampling.toBuilder().seed(41 + i).build())
                                    .build())
                            .tokens()));
  }

  @Test
  void trySubmit_moreContinuationsThanTheQueueHasRoomFor_startsNone() throws IOException {
    EngineSettings small = EngineSettings.builder().threads(1).maxBatch(1).queueCapacity(2).build();
    try (TextGenerator busy = SmallModel.generator(small)) {
      GenerationRequest long400 =
          GenerationRequest.continuing(new int[] {3}).maxNewTokens(400).ignoreEndTokens().build();
      Generation running = busy.submit(long400);
      assertThat(running.pieces().findFirst()).isPresent();
      assertThat(busy.trySubmit(long400)).isPresent();
      assertThat(busy.trySubmit(long400, 2, RequestListener.NONE)).isEmpty();
      assertThat(busy.trySubmit(long400, 1, RequestListener.NONE)).isPresent();
    }
  }

  @Test
  void trySubmit_firstContinuationCancelled_othersGoOn() {
    GenerationRequest request =
        GenerationRequest.continuing(prompt(130, 8)).maxNewTokens(5).ignoreEndTokens().build();
    ImmutableList<Generation> all =
        generator.trySubmit(request, 3, RequestListener.NONE).orElseThrow();
    all.get(0).cancel();
    assertThat(all.get(1).await().tokens().length()).isEqualTo(5);
    assertThat(all.get(2).await().tokens().length()).isEqualTo(5);
  }
}
