package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.sampling.SamplingParams;

/** Limits on time: of an answer, of a wait for the queue, of a wait for the result; and seeds. */
final class RequestLimitsTest {
  private static final EngineSettings ONE =
      EngineSettings.builder().threads(1).maxBatch(1).queueCapacity(1).build();

  private static GenerationRequest.Builder request(int tokens) {
    return GenerationRequest.continuing(new int[] {5, 6, 7}).maxNewTokens(tokens).ignoreEndTokens();
  }

  @Test
  void maxTime_isOver_endsTheAnswerWithWhatItHas() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      GenerationResult whole = generator.generate(request(400).build());
      GenerationResult cut = generator.generate(request(400).maxTime(Duration.ofMillis(1)).build());
      assertThat(cut.finish()).isEqualTo(FinishReason.TIME);
      assertThat(cut.tokens().length()).isLessThan(400);
      assertThat(whole.tokens().subArray(0, cut.tokens().length())).isEqualTo(cut.tokens());
      assertThat(generator.metrics().served()).isEqualTo(2);
      assertThat(generator.metrics().cache().usedPages()).isZero();
    }
  }

  @Test
  void maxTime_isOverWhileItWaits_endsBeforeItsTurn() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation running = generator.submit(request(400).build());
      Generation waiting = generator.submit(request(400).maxTime(Duration.ofNanos(1)).build());
      assertThat(waiting.await().finish()).isEqualTo(FinishReason.TIME);
      assertThat(waiting.await().tokens().length()).isLessThanOrEqualTo(1);
      assertThat(running.await().finish()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void maxTime_longerThanAnyProgramRuns_isNoLimit() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      GenerationRequest request = request(5).maxTime(Duration.ofSeconds(Long.MAX_VALUE)).build();
      assertThat(generator.generate(request).finish()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void maxTime_notPositive_isRefused() {
    assertThatThrownBy(() -> request(1).maxTime(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxTime (PT0S) must be positive");
  }

  @Test
  void trySubmit_queueStaysFull_isEmptyAfterTheTimeGiven() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation running = generator.submit(request(400).build());
      assertThat(running.pieces().findFirst()).isPresent();
      Generation queued = generator.submit(request(400).build());
      assertThat(generator.trySubmit(request(3).build(), Duration.ofMillis(1))).isEmpty();
      running.cancel();
      Generation last =
          generator.trySubmit(request(3).build(), Duration.ofMinutes(5)).orElseThrow();
      queued.cancel();
      assertThat(last.await().tokens().length()).isEqualTo(3);
    }
  }

  @Test
  void trySubmit_interruptedWhileTheQueueIsFull_isNotQueued() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation running = generator.submit(request(400).build());
      assertThat(running.pieces().findFirst()).isPresent();
      Generation queued = generator.submit(request(400).build());
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> generator.trySubmit(request(3).build(), Duration.ofMinutes(5)))
          .isExactlyInstanceOf(GenerationFailedException.class)
          .hasCauseExactlyInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isTrue();
      running.cancel();
      queued.cancel();
    }
  }

  @Test
  void futureGet_timesOut_leavesTheGenerationRunning() throws Exception {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation generation = generator.submit(request(400).build());
      assertThatThrownBy(() -> generation.future().get(1, TimeUnit.MICROSECONDS))
          .isInstanceOf(TimeoutException.class);
      assertThat(generation.await().finish()).isEqualTo(FinishReason.LENGTH);
    }
  }

  @Test
  void sampling_withoutASeed_drawsAFreshOneThatRepeatsTheAnswer() throws IOException {
    SamplingParams params = SamplingParams.builder().build();
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      GenerationResult first = generator.generate(request(40).sampling(params).build());
      GenerationResult second = generator.generate(request(40).sampling(params).build());
      assertThat(first.seed()).isNotEqualTo(second.seed());
      assertThat(first.tokens()).isNotEqualTo(second.tokens());
      SamplingParams again = params.toBuilder().seed(first.seed()).build();
      GenerationResult repeated = generator.generate(request(40).sampling(again).build());
      assertThat(repeated.tokens()).isEqualTo(first.tokens());
      assertThat(repeated.seed()).isEqualTo(first.seed());
    }
  }

  @Test
  void greedy_anyRequest_hasSeedZero() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      assertThat(generator.generate(request(3).build()).seed()).isZero();
    }
  }
}
