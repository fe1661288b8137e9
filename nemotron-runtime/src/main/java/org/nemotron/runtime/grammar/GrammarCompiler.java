package org.nemotron.runtime.grammar;

import com.google.common.cache.Cache;
import com.google.common.cache.CacheBuilder;
import com.google.common.util.concurrent.UncheckedExecutionException;
import java.util.concurrent.ExecutionException;
import org.nemotron.core.text.TokenBytes;
import org.nemotron.runtime.sampling.TokenConstraint;

/**
 * Makes constraints of formats, for one vocabulary. The last ones are kept, with all that answers
 * have found out about them. Safe for use by several threads.
 */
public final class GrammarCompiler {
  /** How many nodes the network of a format has at most. */
  static final int MOST_NODES = 200_000;

  /** How many states a regular expression has at most, as a deterministic automaton. */
  static final int MOST_STATES = 10_000;

  private static final int KEPT = 32;

  /** How many states of a format are kept, in the order of a kilobyte each. */
  private static final int KEPT_STATES = 1 << 14;

  private final TokenTrie tokens;
  private final Cache<AnswerFormat, TokenConstraint> compiled =
      CacheBuilder.newBuilder().maximumSize(KEPT).build();

  /**
   * Makes a compiler.
   *
   * @throws IllegalArgumentException if the vocabulary lacks a token for some byte
   */
  public GrammarCompiler(TokenBytes vocabulary) {
    this.tokens = new TokenTrie(vocabulary);
    tokens.checkComplete();
  }

  /**
   * Returns the constraint of {@code format}. Takes up to seconds for large formats, on the thread
   * of the caller; the engine finds the tokens of each state once it is reached: for large
   * vocabularies mostly in milliseconds, within free JSON values in tens of them.
   *
   * @throws FormatException if the format is malformed, has parts that are not supported, or is too
   *     large: the message names the place
   */
  public TokenConstraint compile(AnswerFormat format) {
    try {
      return compiled.get(format, () -> compiled(format));
    } catch (UncheckedExecutionException | ExecutionException e) {
      throw e.getCause() instanceof FormatException refused
          ? new FormatException(String.valueOf(refused.getMessage()))
          : new IllegalStateException("the format could not be compiled", e.getCause());
    }
  }

  private TokenConstraint compiled(AnswerFormat format) {
    Network net = new Network(MOST_NODES);
    Network.Rule rule = format.accept(new FormatNetworks(net));
    net.complete();
    if (rule.start().height > Stack.DEEPEST) {
      throw new FormatException(
          "no text has this format: it contains itself without end, or deeper than answers go");
    }
    Automaton automaton = new Automaton(rule, KEPT_STATES);
    TokenConstraint constraint = new GrammarConstraint(automaton, tokens);
    boolean unused = constraint.start().allowed().isEmpty();
    return constraint;
  }

  /**
   * Checks that a regular expression has no more states than can be kept, as a deterministic
   * automaton: the engine makes these as answers reach them.
   *
   * @throws FormatException if it has more
   */
  static void checkStates(Form form) {
    Network net = new Network(MOST_NODES);
    Network.Rule rule = net.rule(form);
    net.complete();
    new Automaton(rule, Integer.MAX_VALUE).explore(MOST_STATES);
  }
}
