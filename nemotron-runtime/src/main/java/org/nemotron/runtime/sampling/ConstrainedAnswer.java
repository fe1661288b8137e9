package org.nemotron.runtime.sampling;

import java.util.function.Supplier;

/**
 * An answer under way and what its constraint says of it. Whatever the constraint throws becomes
 * one exception that names it. Not safe for use by several threads.
 */
final class ConstrainedAnswer {
  private TokenConstraint.State state;
  private TokenMask allowed = TokenMask.NONE;
  private boolean mayEnd = true;

  ConstrainedAnswer(TokenConstraint constraint) {
    this.state = asked(constraint::start);
    look();
  }

  boolean isOn() {
    return state != Unconstrained.STATE;
  }

  /** Returns the tokens that may follow, end tokens left out. */
  TokenMask allowed() {
    return allowed;
  }

  /** Returns whether the answer may end. */
  boolean mayEnd() {
    return mayEnd;
  }

  /** Returns whether nothing but the end can follow. */
  boolean isComplete() {
    return isOn() && mayEnd && allowed.isEmpty();
  }

  /** Goes on behind {@code token}, which is none that ends the answer. */
  void add(int token) {
    if (isOn()) {
      state = asked(() -> state.after(token));
      look();
    }
  }

  private void look() {
    if (isOn()) {
      allowed = asked(state::allowed);
      mayEnd = asked(state::mayEnd);
    }
  }

  /** A deep recursion of the constraint's must not end the engine either. */
  private static <T> T asked(Supplier<T> question) {
    try {
      return question.get();
    } catch (RuntimeException | StackOverflowError e) {
      throw new ConstraintException(e);
    }
  }
}
