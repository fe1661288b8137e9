package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The events of a request, and cancelling before its turn. */
final class RequestListenerTest {
  private static final EngineSettings ONE =
      EngineSettings.builder().threads(1).maxBatch(1).queueCapacity(1).build();

  private static GenerationRequest request(int tokens) {
    return GenerationRequest.continuing(new int[] {5, 6, 7})
        .maxNewTokens(tokens)
        .ignoreEndTokens()
        .build();
  }

  /** Writes down what it is called with, and checks that time does not run backwards. */
  private static final class Notes implements RequestListener {
    private final List<String> events = Collections.synchronizedList(new ArrayList<>());
    private long last = Long.MIN_VALUE;

    private void note(long nanos, String event) {
      events.add(last == Long.MIN_VALUE || nanos - last >= 0 ? event : event + " too early");
      last = nanos;
    }

    @Override
    public void onAccepted(long nanos, int promptTokens) {
      note(nanos, "accepted " + promptTokens);
    }

    @Override
    public void onScheduled(long nanos, int sharedTokens) {
      note(nanos, "scheduled " + sharedTokens);
    }

    @Override
    public void onToken(long nanos, int count) {
      note(nanos, "token " + count);
    }

    @Override
    public void onEnd(long nanos, FinishReason reason) {
      note(nanos, "end " + reason);
    }

    @Override
    public void onFailure(long nanos, Throwable reason) {
      note(nanos, "failure " + reason.getMessage());
    }
  }

  @Test
  void listener_wholeAnswer_hearsEachEventInOrder() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Notes notes = new Notes();
      GenerationResult unused = generator.trySubmit(request(3), notes).orElseThrow().await();
      assertThat(notes.events)
          .containsExactly(
              "accepted 3", "scheduled 0", "token 1", "token 2", "token 3", "end LENGTH");
    }
  }

  @Test
  void listener_throws_failsItsRequestOnly() throws IOException {
    try (TextGenerator generator = SmallModel.generator(EngineSettings.defaults())) {
      RequestListener broken =
          new RequestListener() {
            @Override
            public void onScheduled(long nanos, int sharedTokens) {
              throw new IllegalArgumentException("of a test");
            }
          };
      Generation other = generator.submit(request(40));
      Generation failing = generator.trySubmit(request(40), broken).orElseThrow();
      assertThatThrownBy(failing::await)
          .isInstanceOf(GenerationFailedException.class)
          .hasMessage(
              "the request failed: the listener of the request failed:"
                  + " java.lang.IllegalArgumentException: of a test");
      assertThat(other.await().tokens().length()).isEqualTo(40);
      assertThat(generator.generate(request(2)).tokens().length()).isEqualTo(2);
    }
  }

  @Test
  void listener_throwsAtTheEnd_failsItsRequestOnly() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      RequestListener broken =
          new RequestListener() {
            @Override
            public void onEnd(long nanos, FinishReason reason) {
              throw new IllegalArgumentException("of a test");
            }
          };
      Generation failing = generator.trySubmit(request(4), broken).orElseThrow();
      assertThatThrownBy(failing::await).isInstanceOf(GenerationFailedException.class);
      assertThat(generator.generate(request(2)).tokens().length()).isEqualTo(2);
    }
  }

  @Test
  void cancel_requestThatWaits_freesItsPlaceBeforeTheCallReturns() throws IOException {
    try (TextGenerator generator = SmallModel.generator(ONE)) {
      Generation running = generator.submit(request(500));
      assertThat(running.pieces().findFirst()).isPresent();
      Notes notes = new Notes();
      Generation waiting = generator.trySubmit(request(3), notes).orElseThrow();
      assertThat(generator.trySubmit(request(3), Duration.ZERO)).isEmpty();
      waiting.cancel();
      assertThat(waiting.future()).isCompleted();
      assertThat(waiting.await().finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(notes.events).containsExactly("accepted 3", "end CANCELLED");
      Generation next = generator.trySubmit(request(3), Duration.ZERO).orElseThrow();
      running.cancel();
      assertThat(next.await().tokens().length()).isEqualTo(3);
      assertThat(generator.metrics().cancelled()).isEqualTo(2);
    }
  }
}
