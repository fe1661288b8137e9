package org.nemotron.runtime.sampling;

/**
 * Says, token by token, which tokens may follow in an answer: a mask on the logits. Immutable, so
 * that any number of requests may have the same one at a time.
 *
 * <p>The engine's thread asks it between two tokens of all requests: what takes long belongs before
 * the request, or into a cache. A state that throws, or allows nothing where the answer may not
 * end, fails its request and no other. A row with a mask is sampled on the host, also where the
 * model runs on a GPU.
 */
public interface TokenConstraint {
  /** Allows everything. */
  TokenConstraint NONE = () -> Unconstrained.STATE;

  /** Returns the state before the first token of an answer. */
  State start();

  /** What may follow behind some tokens. Immutable. */
  interface State {
    /**
     * Returns the tokens that may follow, those that end an answer left out: of them {@link
     * #mayEnd} decides. Asked once for each token.
     */
    TokenMask allowed();

    /**
     * Returns whether the answer may end here. One that may end and that no token may follow ends
     * at once, as complete.
     */
    boolean mayEnd();

    /** Returns the state behind {@code token}, one of those that are allowed. */
    State after(int token);
  }
}
