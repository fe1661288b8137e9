package org.nemotron.runtime.engine;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells the listener of one request its events, in their order. What the listener throws is kept
 * until {@link #check} throws it on, where it fails the request alone.
 */
final class RequestEvents {
  private final RequestListener listener;
  private final long submittedNanos;
  private final int promptTokens;
  private boolean accepted;
  private boolean ended;
  private @Nullable RuntimeException failure;

  RequestEvents(RequestListener listener, long submittedNanos, int promptTokens) {
    this.listener = listener;
    this.submittedNanos = submittedNanos;
    this.promptTokens = promptTokens;
  }

  void scheduled(int sharedTokens) {
    call(to -> to.onScheduled(System.nanoTime(), sharedTokens));
  }

  void token(long nanos, int count) {
    call(to -> to.onToken(nanos, count));
    check();
  }

  void ended(FinishReason reason) {
    last(to -> to.onEnd(System.nanoTime(), reason));
    check();
  }

  void failed(Throwable reason) {
    last(to -> to.onFailure(System.nanoTime(), reason));
  }

  private void last(Consumer<RequestListener> event) {
    if (!ended) {
      ended = true;
      call(event);
    }
  }

  private void call(Consumer<RequestListener> event) {
    if (failure != null) {
      return;
    }
    try {
      if (!accepted) {
        accepted = true;
        listener.onAccepted(submittedNanos, promptTokens);
      }
      event.accept(listener);
    } catch (RuntimeException e) {
      failure = new IllegalStateException("the listener of the request failed: " + e, e);
    } catch (Error e) {
      failure = CallersFault.of(e);
    }
  }

  /** Throws what the listener threw. */
  private void check() {
    RuntimeException thrown = failure;
    if (thrown != null) {
      throw thrown;
    }
  }
}
