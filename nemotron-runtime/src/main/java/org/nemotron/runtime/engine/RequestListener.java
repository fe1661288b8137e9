package org.nemotron.runtime.engine;

/**
 * Is called at each event of one request, for histograms and the like: acceptance, schedule, each
 * token, end. Times are those of {@link System#nanoTime}.
 *
 * <p>The engine's thread calls it between two tokens of all requests, so that it must return at
 * once: count, or hand over to another thread. (A request that is cancelled while it waits ends on
 * the thread that cancels it.) No two calls for one request overlap, and what one wrote the next
 * one sees. One that throws fails its request, and is not called again.
 */
public interface RequestListener {
  /** Does nothing at any event. */
  RequestListener NONE = new RequestListener() {};

  /**
   * Called first, at the latest before the next event: the request has entered the queue.
   *
   * @param nanos when it was submitted
   * @param promptTokens how many tokens its prompt has
   */
  default void onAccepted(long nanos, int promptTokens) {}

  /**
   * Called when the request leaves the queue, and its prompt is about to be read; not called where
   * it ends before.
   *
   * @param sharedTokens how many tokens of the prompt are in the KV cache already
   */
  default void onScheduled(long nanos, int sharedTokens) {}

  /**
   * Called for each sampled token, the end token among them.
   *
   * @param count how many there are with this one; 1 for the first
   */
  default void onToken(long nanos, int count) {}

  /** Called last where the request has a result, also that of a cancelled one. */
  default void onEnd(long nanos, FinishReason reason) {}

  /** Called last where the request has none. */
  default void onFailure(long nanos, Throwable reason) {}
}
