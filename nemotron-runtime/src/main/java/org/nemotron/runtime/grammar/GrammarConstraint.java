package org.nemotron.runtime.grammar;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.sampling.TokenMask;

/** The tokens whose bytes lead through an automaton. Safe for use by several threads. */
final class GrammarConstraint implements TokenConstraint {
  private final Automaton automaton;
  private final TokenTrie tokens;

  GrammarConstraint(Automaton automaton, TokenTrie tokens) {
    this.automaton = automaton;
    this.tokens = tokens;
  }

  @Override
  public State start() {
    synchronized (automaton) {
      return new Place(automaton.start());
    }
  }

  /** A state of an answer. */
  private final class Place implements State {
    private final Automaton.State state;

    private Place(Automaton.State state) {
      this.state = state;
    }

    @Override
    public TokenMask allowed() {
      synchronized (automaton) {
        return state.mask(tokens);
      }
    }

    @Override
    public boolean mayEnd() {
      return state.isAccepting();
    }

    @Override
    public State after(int token) {
      synchronized (automaton) {
        Automaton.State next = tokens.after(state, token);
        checkArgument(next != null, "token %s cannot follow in this format", token);
        return new Place(next);
      }
    }
  }
}
