package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verifyNotNull;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Thrown where a request has no answer: by those methods that submit it when it is refused, and by
 * those that wait for its result when the engine could not finish it. The cause is the reason.
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

  /** Returns the value of {@code result}, and wraps the reason where that is a failure. */
  static <T> T join(CompletableFuture<T> result) {
    try {
      return result.join();
    } catch (CompletionException e) {
      throw new GenerationFailedException(verifyNotNull(e.getCause()));
    } catch (CancellationException e) {
      throw new GenerationFailedException(e);
    }
  }
}
