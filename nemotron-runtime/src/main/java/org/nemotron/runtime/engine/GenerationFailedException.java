package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verifyNotNull;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Thrown to those who wait for a request that the engine could not finish. */
public final class GenerationFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private GenerationFailedException(Throwable reason) {
    super("the request failed: " + reason.getMessage(), reason);
  }

  /** Returns what {@code result} comes to, and wraps the reason where that is a failure. */
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
