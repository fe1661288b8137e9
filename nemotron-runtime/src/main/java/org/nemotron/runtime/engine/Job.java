package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import org.nemotron.core.inference.TokenSampling;

/**
 * What one request wants from the engine, in tokens. The engine's thread calls every method but
 * {@link #isCancelled}, and one that throws ends this request and no other. Only {@link #cancelled}
 * is called by the thread that cancels where the request has not begun.
 */
interface Job {
  /** Returns the tokens to be read first. */
  ImmutableIntArray prompt();

  /** Returns the salt of the prompt: only prompts of equal salts share pages. */
  default String cacheSalt() {
    return "";
  }

  /**
   * Returns whether the request may be admitted; until then it waits, and those behind it. It must
   * come true when requests before this one go on or end.
   */
  default boolean mayBegin() {
    return true;
  }

  /**
   * Returns the tokens chosen so far, which follow the prompt where the request is read again: it
   * gave its memory to older ones.
   */
  ImmutableIntArray generated();

  /**
   * Returns from which position of the prompt on the logits are still wanted. Those of earlier
   * positions may be handed over again where the request is read again.
   */
  int wantedFrom();

  /** Returns how many more tokens may be read behind the prompt. */
  int moreTokens();

  /**
   * Takes the logits behind the token at {@code position}; they are valid during the call.
   *
   * @return whether the request is done; otherwise {@link #nextToken} is read when the prompt has
   *     been
   */
  boolean accept(int position, float[] logits);

  /**
   * Returns how the model may sample the next token, so that {@link #accept(int)} can take it;
   * empty where this job wants the logits. Asked once for each token, by models that sample.
   */
  Optional<TokenSampling> choice();

  /**
   * Takes the token that was chosen as {@link #choice} said.
   *
   * @return whether the request is done
   */
  boolean accept(int token);

  /** Returns the token to be read next. */
  int nextToken();

  /** Returns whether the caller has given up; any thread may ask. */
  boolean isCancelled();

  /** Returns when the request's time is over, in nanoseconds of {@link System#nanoTime}. */
  default long deadlineNanos() {
    return System.nanoTime() + EarliestDeadline.NEVER_NANOS;
  }

  /** Called instead of further tokens where its time is over; {@link #end} follows. */
  default void timeOver() {}

  /** Called when the request is first admitted, with how many of its tokens were read before. */
  void begin(int sharedTokens);

  /** Called once: the request is done. */
  void end();

  /** Called instead of {@link #end}: the caller gave up, or the engine closes. */
  void cancelled();

  /** Called instead of {@link #end}: the request failed. */
  void failed(Throwable reason);
}
