package org.nemotron.runtime.server;

import com.google.common.base.Throwables;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.engine.RequestRefusedException;
import org.nemotron.runtime.sampling.NoTokenLeftException;
import org.nemotron.runtime.server.wire.ApiException;

/**
 * What a fault of a request becomes for its caller. The log has those that are not the caller's.
 */
final class Faults {
  private static final System.Logger LOG = System.getLogger("org.nemotron.runtime.server");

  private Faults() {}

  /** Returns the answer to a request that could not be read or submitted. */
  static ApiException ofRequest(RuntimeException fault, String field) {
    if (fault instanceof ApiException own) {
      return own;
    }
    if (fault instanceof RequestRefusedException) {
      return ApiException.invalid(field, String.valueOf(fault.getMessage()));
    }
    if (fault instanceof IllegalStateException) { // the engine is closed
      return ApiException.unavailable("shutting_down", 1, "the engine does not answer any more");
    }
    return ofAnswer(fault);
  }

  /** Returns the answer to a request that failed later. */
  static ApiException ofAnswer(@Nullable Throwable fault) {
    Throwable cause = fault instanceof CompletionException ? fault.getCause() : fault;
    if (cause instanceof CancellationException) {
      return ApiException.unavailable("shutting_down", 1, "the server is shutting down");
    }
    Optional<NoTokenLeftException> noneLeft =
        fault == null
            ? Optional.empty()
            : Throwables.getCausalChain(fault).stream()
                .filter(NoTokenLeftException.class::isInstance)
                .map(NoTokenLeftException.class::cast)
                .findFirst();
    if (noneLeft.isPresent()) {
      return ApiException.invalid(String.valueOf(noneLeft.orElseThrow().getMessage()));
    }
    LOG.log(System.Logger.Level.ERROR, "a request failed", cause);
    return ApiException.fault("the request failed inside of the server; its log has the reason");
  }
}
