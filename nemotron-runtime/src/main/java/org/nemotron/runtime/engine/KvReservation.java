package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How much of the KV cache is set aside for a request's answer when it is admitted. Immutable.
 *
 * <p>With {@link #WHOLE} a request holds the pages of its longest answer from the beginning: it is
 * never interrupted, and the memory of answers that end early, or have not grown yet, is idle. With
 * {@link #expecting} it takes pages as it grows, and another request is admitted when all that run
 * are expected to fit until they end; where answers turn out longer and the memory ends, the
 * request that came last gives its pages back, waits at the head of the queue and is computed again
 * up to where it was. Its answer is the same, later.
 */
public sealed interface KvReservation {
  /** The longest answer: no request is ever preempted. */
  KvReservation WHOLE = new Whole();

  /** Answers are expected to go on for 512 tokens at most. */
  KvReservation DEFAULT = expecting(512);

  /**
   * Returns the reservation of an engine whose answers are expected to go on for at most {@code
   * tokens} tokens, or to their limit if that is less. 0 admits whatever fits now.
   *
   * @throws IllegalArgumentException if {@code tokens} is negative
   */
  static KvReservation expecting(int tokens) {
    return new Expected(tokens);
  }

  /** Returns for how many of at most {@code left} further tokens pages are taken at admission. */
  int atAdmission(int left);

  /** Returns how many of at most {@code left} further tokens a request is expected to need. */
  int expected(int left);

  /** See {@link #WHOLE}. */
  record Whole() implements KvReservation {
    @Override
    public int atAdmission(int left) {
      return left;
    }

    @Override
    public int expected(int left) {
      return left;
    }
  }

  /**
   * See {@link #expecting}.
   *
   * @param tokens at most expected
   */
  record Expected(int tokens) implements KvReservation {
    /** Checks the range. */
    public Expected {
      checkArgument(tokens >= 0, "the expected tokens (%s) must not be negative", tokens);
    }

    @Override
    public int atAdmission(int left) {
      return 0;
    }

    @Override
    public int expected(int left) {
      return Math.min(left, tokens);
    }
  }
}
