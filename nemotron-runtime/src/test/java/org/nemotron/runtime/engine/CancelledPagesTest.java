package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is cancelled gives its pages back at once, while others go on. */
final class CancelledPagesTest {
  private static final ImmutableIntArray LONG_PROMPT =
      ImmutableIntArray.copyOf(java.util.stream.IntStream.range(1, 301));

  /** Receives tokens only. */
  private interface Tokens extends TokenListener {
    @Override
    default void onRest(String text) {}
  }

  private static GenerationRequest request(ImmutableIntArray prompt, int tokens) {
    return GenerationRequest.continuing(prompt).maxNewTokens(tokens).build();
  }

  @Test
  void cancel_whileAnotherRuns_freesPagesWithinTwoSteps() throws IOException {
    try (TextGenerator generator =
        SmallModel.generator(EngineSettings.builder().threads(1).build())) {
      Generation leaving = generator.submit(request(LONG_PROMPT, 200));
      Generation other = generator.submit(request(ImmutableIntArray.of(1, 2), 400));
      AtomicInteger steps = new AtomicInteger();
      AtomicInteger pagesAfter = new AtomicInteger(-1);
      AtomicInteger left = new AtomicInteger();
      other.listen(
          (Tokens)
              token -> {
                if (left.get() >= 5 && !leaving.future().isDone()) {
                  steps.incrementAndGet();
                } else if (left.get() >= 5 && pagesAfter.get() < 0) {
                  pagesAfter.set(generator.metrics().cache().usedPages());
                }
              });
      leaving.listen(
          (Tokens)
              token -> {
                if (left.incrementAndGet() == 5) {
                  leaving.cancel();
                }
              });
      assertThat(leaving.await().finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(other.await().generatedTokens()).isEqualTo(400);
      assertThat(steps.get()).isLessThanOrEqualTo(2);
      assertThat(pagesAfter.get()).isBetween(1, 402 / 16 + 1);
      assertThat(generator.metrics().cache().usedPages()).isZero();
    }
  }
}
