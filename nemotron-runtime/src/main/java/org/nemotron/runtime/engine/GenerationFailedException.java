package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verifyNotNull;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Thrown where a request has no answer: by those methods that submit it when it is refused, and by
 * those that wait for its result when the engine could not finish it. The cause is the reason. A
 * generator that is closed is the caller's mistake: an {@link IllegalStateException}.
 */
public sealed class GenerationFailedException extends RuntimeException
    permits RequestRefusedException {
  private static final long serialVersionUID = 1;

  GenerationFailedException(String sentence) {
    super(sentence);
  }

  GenerationFailedException(String sentence, Throwable reason) {
    super(sentence, reason);
  }

  GenerationFailedException(Throwable reason) {
    this("the request failed: " + reason.getMessage(), reason);
  }

  /** Returns {@code reason} as the failure of a request. */
  static GenerationFailedException of(Throwable reason) {
    return reason instanceof GenerationFailedException failure
        ? failure
        : new GenerationFailedException(reason);
  }

  /** Returns this exception with the trace of the thread that waits, not that of the engine. */
  private GenerationFailedException here() {
    return new GenerationFailedException(String.valueOf(getMessage()), verifyNotNull(getCause()));
  }

  /** Returns the exception of a thread that is interrupted while it waits, and stays so. */
  static GenerationFailedException interrupted(InterruptedException interrupt) {
    Thread.currentThread().interrupt();
    return new GenerationFailedException(
        "this thread was interrupted while it waited; its request is cancelled", interrupt);
  }

  /** Returns the exception of requests to an engine that an error ended. */
  static GenerationFailedException ended(Throwable reason) {
    return new GenerationFailedException("the engine ended: " + reason, reason);
  }

  /**
   * Returns the value of {@code result}, and wraps the reason where that is a failure.
   *
   * @param onInterrupt called where this thread is interrupted
   */
  static <T> T join(CompletableFuture<T> result, Runnable onInterrupt) {
    try {
      return result.get();
    } catch (InterruptedException e) {
      onInterrupt.run();
      throw interrupted(e);
    } catch (ExecutionException e) {
      throw of(verifyNotNull(e.getCause())).here();
    } catch (CancellationException e) {
      throw new GenerationFailedException(e);
    }
  }
}
