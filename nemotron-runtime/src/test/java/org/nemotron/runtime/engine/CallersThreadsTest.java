package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What callers do where they are called back: wait, close, throw, leave. */
final class CallersThreadsTest {
  private static final EngineSettings SETTINGS =
      EngineSettings.builder().threads(1).queueCapacity(8).build();

  private static final Duration SOON = Duration.ofMinutes(1);

  /** Does something at each token. */
  private static TokenListener doing(Runnable action) {
    return new TokenListener() {
      @Override
      public void onToken(GeneratedToken token) {
        action.run();
      }

      @Override
      public void onRest(String text) {}
    };
  }

  private static GenerationRequest request(int tokens) {
    return GenerationRequest.continuing(new int[] {5, 6, 7})
        .maxNewTokens(tokens)
        .ignoreEndTokens()
        .build();
  }

  @Test
  void future_whoseDependentGenerates_endsBoth() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      CompletableFuture<Integer> both =
          generator
              .submit(request(3))
              .future()
              .thenApply(
                  first ->
                      first.generatedTokens() + generator.generate(request(4)).generatedTokens());
      assertThat(both).succeedsWithin(SOON).isEqualTo(7);
    }
  }

  @Test
  void future_ofAnEndedGeneration_isDoneAtOnce() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      Generation generation = generator.submit(request(3));
      GenerationResult result = generation.await();
      assertThat(generation.future()).isCompletedWithValue(result);
    }
  }

  @Test
  void future_whoseDependentIsSlow_delaysNoOther() throws IOException {
    CountDownLatch otherIsDone = new CountDownLatch(1);
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      CompletableFuture<Void> slow =
          generator
              .submit(request(1))
              .future()
              .thenAccept(
                  result -> {
                    try {
                      otherIsDone.await();
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      GenerationResult unused = generator.generate(request(20));
      otherIsDone.countDown();
      assertThat(slow).succeedsWithin(SOON);
    }
  }

  @Test
  void close_byADependentOfTheFuture_closes() throws IOException {
    TextGenerator generator = SmallModel.generator(SETTINGS);
    assertThat(generator.submit(request(3)).future().thenRun(generator::close))
        .succeedsWithin(SOON);
    assertClosed(generator);
  }

  @Test
  void close_byAListener_endsEveryRequestAndFreesWhatThereIs() throws IOException {
    TextGenerator generator = SmallModel.generator(SETTINGS);
    CompletableFuture<GenerationResult> other = generator.submit(request(400)).future();
    Generation closing = generator.submit(request(400));
    closing.listen(doing(generator::close));
    assertThat(closing.future()).succeedsWithin(SOON);
    assertThat(closing.await().finish()).isEqualTo(FinishReason.CANCELLED);
    assertThat(other).succeedsWithin(SOON);
    assertThat(other.join().finish()).isEqualTo(FinishReason.CANCELLED);
    generator.close(); // waits for the rest
    assertClosed(generator);
  }

  private static void assertClosed(TextGenerator generator) {
    assertThat(generator.isRunning()).isFalse();
    assertThatThrownBy(() -> generator.tokenizer().encode("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this tokenizer is closed");
  }

  @Test
  void await_onTheThreadThatGenerates_isRefused() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      CompletableFuture<Throwable> refusal = new CompletableFuture<>();
      Generation generation = generator.submit(request(400));
      generation.listen(
          doing(
              () -> {
                try {
                  GenerationResult unused = generator.generate(request(1));
                } catch (IllegalStateException e) {
                  boolean unused = refusal.complete(e);
                }
              }));
      assertThat(refusal).succeedsWithin(SOON);
      assertThat(refusal.join())
          .hasMessageStartingWith("the thread that generates must not wait for its own generator.");
      generation.cancel();
      assertThat(generator.generate(request(2)).generatedTokens()).isEqualTo(2);
    }
  }

  @Test
  void listener_throwsAnError_failsItsRequestOnly() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      Generation other = generator.submit(request(100));
      RequestListener broken =
          new RequestListener() {
            @Override
            public void onToken(long nanos, int count) {
              throw new AssertionError("of a test");
            }
          };
      Generation failing = generator.trySubmit(request(5), broken).orElseThrow();
      assertThatThrownBy(failing::await)
          .isInstanceOf(GenerationFailedException.class)
          .hasMessageContaining("of a test");
      assertThat(other.await().generatedTokens()).isEqualTo(100);
      assertThat(generator.isRunning()).isTrue();
    }
  }

  @Test
  void listen_throwsAnError_failsItsRequestOnly() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      Generation failing = generator.submit(request(400));
      CompletableFuture<GenerationResult> result = failing.future();
      try {
        failing.listen(
            doing(
                () -> {
                  throw new NoClassDefFoundError("of a test");
                }));
      } catch (IllegalStateException e) {
        assertThat(e).hasMessageContaining("of a test"); // tokens that came before are passed here
      }
      assertThat(generator.generate(request(10)).generatedTokens()).isEqualTo(10);
      assertThat(result.handle((ended, failure) -> "ended")).succeedsWithin(SOON);
      assertThat(generator.isRunning()).isTrue();
    }
  }

  @Test
  void pieces_closedEarly_cancels() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      Generation generation = generator.submit(request(500));
      try (Stream<String> pieces = generation.pieces()) {
        assertThat(pieces.limit(2).count()).isEqualTo(2);
      }
      GenerationResult result = generation.await();
      assertThat(result.finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(result.generatedTokens()).isLessThan(500);
    }
  }

  @Test
  void trySubmit_moreThanTheQueueEverHolds_isRefusedAtOnce() throws IOException {
    try (TextGenerator generator = SmallModel.generator(SETTINGS)) {
      assertThatThrownBy(() -> generator.trySubmit(request(1), 1_000_000_000, RequestListener.NONE))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("1000000000 continuations can never wait in a queue of 8");
      assertThat(generator.trySubmit(request(1), 8, RequestListener.NONE).map(List::size))
          .isEqualTo(Optional.of(8));
    }
  }
}
