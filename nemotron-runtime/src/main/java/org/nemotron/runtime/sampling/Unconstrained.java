package org.nemotron.runtime.sampling;

/** The state of an answer that may be anything; never asked. */
final class Unconstrained implements TokenConstraint.State {
  static final Unconstrained STATE = new Unconstrained();

  private Unconstrained() {}

  @Override
  public TokenMask allowed() {
    throw new UnsupportedOperationException("an answer without a constraint has no mask");
  }

  @Override
  public boolean mayEnd() {
    return true;
  }

  @Override
  public TokenConstraint.State after(int token) {
    return this;
  }
}
