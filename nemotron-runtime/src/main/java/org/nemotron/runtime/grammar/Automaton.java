package org.nemotron.runtime.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.grammar.Network.Call;
import org.nemotron.runtime.grammar.Network.Edge;
import org.nemotron.runtime.grammar.Network.Node;
import org.nemotron.runtime.sampling.TokenMask;

/**
 * The states of a network, made as they are reached: each is the set of stacks in which the network
 * can be behind the same bytes. Equal sets are one state, so that its ways on and its mask are
 * computed once. Only stacks count from which the end can be reached: no state is a dead end.
 *
 * <p>States are kept up to a number; then all are forgotten, but those that answers stand on.
 * Callers hold the lock of this object.
 */
final class Automaton {
  /** One state. */
  final class State {
    private final List<Stack> stacks;
    private final boolean accepting;

    /** The state behind each byte: null where that is not known yet, {@link #none} for none. */
    private @Nullable State[] next = {};

    private @Nullable TokenMask mask;

    private State(List<Stack> stacks, boolean accepting) {
      this.stacks = stacks;
      this.accepting = accepting;
    }

    /** Returns whether the bytes so far are a whole text. */
    boolean isAccepting() {
      return accepting;
    }

    /** Returns the state behind a byte; null where it cannot follow. */
    @Nullable State next(int value) {
      if (next.length == 0) {
        next = new State[256];
      }
      State known = next[value];
      if (known == null) {
        State found = behind(stacks, value);
        known = found == null ? none : found;
        next[value] = known;
      }
      return known == none ? null : known;
    }

    /** Returns the tokens that can follow, which {@code tokens} finds once. */
    TokenMask mask(TokenTrie tokens) {
      TokenMask found = mask;
      if (found == null) {
        found = tokens.mask(this);
        mask = found;
        kept += 1 + tokens.size() / Byte.SIZE / STATE_BYTES;
      }
      return found;
    }
  }

  /** How many stacks a state has at most: more are a format in which one step takes too long. */
  private static final int MOST_STACKS = 4096;

  /** How much a state takes, about: places for 256 bytes, and its stacks. */
  private static final int STATE_BYTES = 2048;

  /** Stands for the state behind a byte that cannot follow. */
  private final State none = new State(List.of(), false);

  private final Node first;
  private final int most;

  /** How many states are kept; the mask of one counts as so many as take its memory. */
  private int kept = 0;

  private Map<List<Stack>, State> accepting = new HashMap<>();
  private Map<List<Stack>, State> others = new HashMap<>();

  /**
   * Makes the automaton of a rule.
   *
   * @param most how many states are kept
   */
  Automaton(Network.Rule rule, int most) {
    this.first = rule.start();
    this.most = most;
  }

  State start() {
    return state(List.of(Stack.of(first)));
  }

  /**
   * Makes all states.
   *
   * @throws FormatException if they are more than {@code most}
   */
  void explore(int most) {
    Set<State> seen = new HashSet<>();
    Queue<State> waiting = new ArrayDeque<>();
    seen.add(start());
    waiting.addAll(seen);
    while (!waiting.isEmpty()) {
      State state = waiting.remove();
      for (int value = 0; value < 256; value++) {
        State next = state.next(value);
        if (next != null && seen.add(next)) {
          waiting.add(next);
        }
      }
      if (seen.size() > most) {
        throw new FormatException(
            "the regular expression is too large: it must not have more than "
                + most
                + " states.\nMaybe lower its counts, or begin its alternatives differently.");
      }
    }
  }

  private @Nullable State behind(List<Stack> stacks, int value) {
    List<Stack> reached = new ArrayList<>();
    for (Stack stack : stacks) {
      for (Edge edge : stack.node().edges()) {
        if (value >= edge.low() && value <= edge.high()) {
          reached.add(stack.at(edge.to()));
        }
      }
    }
    if (reached.isEmpty()) {
      return null;
    }
    State state = state(reached);
    return state.stacks.isEmpty() && !state.accepting ? null : state;
  }

  /** Returns the state of {@code reached} and of all that needs no further byte. */
  private State state(List<Stack> reached) {
    Set<Stack> seen = new HashSet<>();
    List<Stack> waiting = new ArrayList<>();
    reached.forEach(stack -> add(stack, seen, waiting));
    List<Stack> kept = new ArrayList<>();
    boolean whole = false;
    for (int i = 0; i < waiting.size(); i++) {
      Stack stack = waiting.get(i);
      Node node = stack.node();
      if (node.edges().length > 0) {
        kept.add(stack);
      }
      for (Node to : node.jumps()) {
        add(stack.at(to), seen, waiting);
      }
      for (Call call : node.calls()) {
        add(stack.calling(call), seen, waiting);
      }
      if (node.isEnd) {
        Stack below = stack.below();
        if (below == null) {
          whole = true;
        } else {
          add(below, seen, waiting);
        }
      }
    }
    return interned(kept, whole);
  }

  private static void add(Stack stack, Set<Stack> seen, List<Stack> waiting) {
    if (stack.canEnd() && seen.add(stack)) {
      waiting.add(stack);
      if (waiting.size() > MOST_STACKS) {
        throw new FormatException(
            "the format is too ambiguous: more than "
                + MOST_STACKS
                + " readings of the same text must not be possible");
      }
    }
  }

  private State interned(List<Stack> stacks, boolean whole) {
    stacks.sort(Comparator.comparingInt(Stack::order).thenComparingInt(stack -> stack.node().id));
    if (kept >= most) {
      accepting = new HashMap<>();
      others = new HashMap<>();
      kept = 0;
    }
    return (whole ? accepting : others).computeIfAbsent(stacks, key -> made(key, whole));
  }

  private State made(List<Stack> stacks, boolean whole) {
    kept++;
    return new State(stacks, whole);
  }
}
