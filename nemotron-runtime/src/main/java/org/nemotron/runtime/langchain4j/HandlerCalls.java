package org.nemotron.runtime.langchain4j;

import static java.lang.System.Logger.Level.WARNING;

import java.util.function.Consumer;

/** Calls a handler so that what it throws ends nothing but that call. */
final class HandlerCalls {
  private static final System.Logger LOG = System.getLogger(HandlerCalls.class.getName());

  private final Consumer<Throwable> onError;

  HandlerCalls(Consumer<Throwable> onError) {
    this.onError = onError;
  }

  /** Calls the handler; what it throws is passed to its {@code onError}. */
  void call(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /** Passes a failure to the handler; what that throws has nobody else to go to. */
  void fail(RuntimeException failure) {
    try {
      onError.accept(failure);
    } catch (RuntimeException e) {
      LOG.log(WARNING, "onError of a handler failed, for: " + failure, e);
    }
  }
}
