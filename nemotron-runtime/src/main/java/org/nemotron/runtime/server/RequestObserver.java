package org.nemotron.runtime.server;

/** Is told what happens to requests, to measure it. All methods are called on the event loop. */
interface RequestObserver {
  /** Observes nothing. */
  RequestObserver NONE = new RequestObserver() {};

  /** A request for so many answers to each prompt has been submitted. */
  default void request(int n) {}

  /** A request has ended, whose longest answer has so many tokens. */
  default void requestEnded(int mostTokens) {}

  /** An answer has been submitted. */
  default void submitted(int promptTokens, int maxTokens) {}

  /** An answer has its first token, so long after its request came. */
  default void firstToken(long nanosSinceArrival) {}

  /** An answer has a further token, so long after the one before. */
  default void nextToken(long nanosSinceLast) {}

  /** An answer has ended. */
  default void ended(AnswerFigures figures) {}

  /** A request has been answered, or left. */
  default void answered(String route, String method, int status, long nanos) {}
}
