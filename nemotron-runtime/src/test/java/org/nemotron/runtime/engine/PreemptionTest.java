package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * Answers where the memory ends while they grow: to the last bit those that ample memory gives, and
 * nothing twice.
 */
final class PreemptionTest {
  /** The pages of the longest request, and one more. */
  private static final int TIGHT_PAGES = 8;

  private static final int ANSWER = 180;

  private static TextGenerator ample;
  private static TextGenerator tight;

  private static EngineSettings.Builder settings() {
    return EngineSettings.builder().threads(1);
  }

  @BeforeAll
  static void open() throws IOException {
    ample = SmallModel.generator(settings().build());
    tight =
        SmallModel.generator(
            settings()
                .kvBytes(TIGHT_PAGES * SmallModel.pageBytes())
                .reservation(KvReservation.expecting(0))
                .build());
  }

  @AfterAll
  static void close() {
    ample.close();
    tight.close();
  }

  private static ImmutableIntArray prompt(int length, long seed) {
    return ImmutableIntArray.copyOf(
        new SplittableRandom(seed).ints(length, 0, SmallModel.VOCABULARY));
  }

  /** Everything that a request carries from token to token. */
  private static ImmutableList<GenerationRequest> requests() {
    ImmutableList.Builder<GenerationRequest> requests = ImmutableList.builder();
    SamplingParams odd =
        SamplingParams.builder()
            .temperature(0.9)
            .topP(0.95)
            .repetitionPenalty(1.3)
            .frequencyPenalty(0.2)
            .presencePenalty(0.1)
            .seed(5)
            .topLogProbs(3)
            .build();
    for (int i = 0; i < 4; i++) {
      GenerationRequest.Builder request =
          GenerationRequest.continuing(prompt(20 + 60 * i, i)).maxNewTokens(ANSWER);
      requests.add(request.build());
      requests.add(request.sampling(odd).build());
      requests.add(request.promptLogProbs(2).build());
      requests.add(request.constraint(Remainders.until(ANSWER - 10)).build());
    }
    return requests.build();
  }

  /** What a listener is given of one generation, in order. */
  private static final class Received implements TokenListener {
    private final List<GeneratedToken> tokens = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();

    @Override
    public void onToken(GeneratedToken token) {
      tokens.add(token);
      text.append(token.text());
    }

    @Override
    public void onRest(String rest) {
      text.append(rest);
    }
  }

  private static List<Generation> submitAll(TextGenerator generator, List<Received> received) {
    List<Generation> generations = new ArrayList<>();
    for (GenerationRequest request : requests()) {
      Generation generation = generator.submit(request);
      Received listener = new Received();
      generation.listen(listener);
      received.add(listener);
      generations.add(generation);
    }
    return generations;
  }

  private static void assertSameAnswer(GenerationResult tight, GenerationResult ample) {
    assertThat(tight.tokens()).isEqualTo(ample.tokens());
    assertThat(tight.text()).isEqualTo(ample.text());
    assertThat(tight.sampled()).isEqualTo(ample.sampled()); // log-probabilities, to the last bit
    assertThat(tight.prompt()).isEqualTo(ample.prompt());
    assertThat(tight.finish()).isEqualTo(ample.finish());
    assertThat(tight.stop()).isEqualTo(ample.stop());
    assertThat(tight.generatedTokens()).isEqualTo(ample.generatedTokens());
  }

  @Test
  void submit_memoryEndsWhileAnswersGrow_givesTheAnswersOfAmpleMemoryOnce() {
    long before = tight.metrics().preemptions();
    List<Received> received = new ArrayList<>();
    List<Generation> crowded = submitAll(tight, received);
    List<Generation> roomy = submitAll(ample, new ArrayList<>());
    for (int i = 0; i < crowded.size(); i++) {
      GenerationResult answer = crowded.get(i).await();
      assertSameAnswer(answer, roomy.get(i).await());
      assertThat(received.get(i).tokens).hasSize(answer.tokens().length());
      assertThat(received.get(i).text).hasToString(answer.text());
    }
    assertThat(tight.metrics().preemptions()).isGreaterThan(before);
    assertThat(ample.metrics().preemptions()).isZero();
    assertThat(tight.metrics().cache().usedPages()).isZero();
    assertThat(tight.metrics().queued()).isZero();
  }

  @Test
  void trySubmit_severalContinuationsInTightMemory_areThoseOfAmpleMemory() {
    GenerationRequest request =
        GenerationRequest.continuing(prompt(130, 77))
            .maxNewTokens(ANSWER)
            .sampling(SamplingParams.builder().temperature(1).seed(3).topLogProbs(1).build())
            .promptLogProbs(1)
            .build();
    long before = tight.metrics().preemptions();
    ImmutableList<Generation> crowded =
        tight.trySubmit(request, 5, RequestListener.NONE).orElseThrow();
    ImmutableList<Generation> roomy =
        ample.trySubmit(request, 5, RequestListener.NONE).orElseThrow();
    for (int i = 0; i < 5; i++) {
      assertSameAnswer(crowded.get(i).await(), roomy.get(i).await());
    }
    assertThat(tight.metrics().preemptions()).isGreaterThan(before);
  }

  @Test
  void logLikelihoods_besideAnswersInTightMemory_areThoseOfAmpleMemory() {
    List<LikelihoodRequest> scored = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      scored.add(new LikelihoodRequest(prompt(50 + 40 * i, 90 + i), prompt(100, 190 + i)));
    }
    List<Generation> beside = submitAll(tight, new ArrayList<>());
    assertThat(tight.logLikelihoods(scored)).isEqualTo(ample.logLikelihoods(scored));
    beside.forEach(Generation::cancel);
    beside.forEach(generation -> assertThat(generation.await().text()).isNotNull());
  }
}
