package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An interrupt ends every wait, cancels what was waited for, and stays set. */
final class InterruptTest {
  private static final EngineSettings ONE =
      EngineSettings.builder().threads(1).maxBatch(1).queueCapacity(1).build();

  private static GenerationRequest longest() {
    return GenerationRequest.continuing(new int[] {5, 6, 7})
        .maxNewTokens(400)
        .ignoreEndTokens()
        .build();
  }

  @AfterEach
  void clear() {
    boolean unused = Thread.interrupted();
  }

  private static void assertInterrupted(ThrowingCallable waiting) {
    assertThatThrownBy(waiting)
        .isExactlyInstanceOf(GenerationFailedException.class)
        .hasMessage("this thread was interrupted while it waited; its request is cancelled")
        .hasCauseExactlyInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void await_interrupted_cancelsTheGeneration() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation generation = generator.submit(longest());
      Thread.currentThread().interrupt();
      assertInterrupted(generation::await);
      assertThat(generation.await().finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(generator.metrics().cancelled()).isEqualTo(1);
    }
  }

  @Test
  void generate_interruptedWhileItStreams_cancelsTheGeneration() throws IOException {
    Consumer<String> interrupting = piece -> Thread.currentThread().interrupt();
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      assertInterrupted(() -> generator.generate(longest(), interrupting));
      assertThat(generator.generate(request(3)).tokens().length()).isEqualTo(3);
      assertThat(generator.metrics().cancelled()).isEqualTo(1);
    }
  }

  private static GenerationRequest request(int tokens) {
    return GenerationRequest.continuing(new int[] {5, 6, 7})
        .maxNewTokens(tokens)
        .ignoreEndTokens()
        .build();
  }

  @Test
  void submit_interruptedWhileTheQueueIsFull_isNotQueued() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation running = generator.submit(longest());
      assertThat(running.pieces().findFirst()).isPresent();
      Generation queued = generator.submit(request(3));
      Thread.currentThread().interrupt();
      assertInterrupted(() -> generator.submit(request(3)));
      running.cancel();
      assertThat(queued.await().tokens().length()).isEqualTo(3);
      assertThat(generator.metrics().served()).isEqualTo(1);
    }
  }

  @Test
  void submit_interruptedButRoomInTheQueue_isServed() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Thread.currentThread().interrupt();
      Generation generation = generator.submit(request(3));
      assertThat(Thread.interrupted()).isTrue();
      assertThat(generation.await().tokens().length()).isEqualTo(3);
    }
  }

  @Test
  void open_interrupted_isCancelled() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> TextGenerator.open(SmallModel.SHIPPED, ONE))
        .isExactlyInstanceOf(CancellationException.class)
        .hasMessageEndingWith(" was interrupted");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void score_interrupted_endsTheWait() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      int[] tokens = new int[SmallModel.CONTEXT];
      Thread.currentThread().interrupt();
      assertInterrupted(() -> generator.score(tokens, 1));
      assertThat(generator.generate(request(3)).tokens().length()).isEqualTo(3);
    }
  }
}
