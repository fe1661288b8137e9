package org.nemotron.runtime.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;

/**
 * A recursive transition network over bytes: nodes joined by bytes, by nothing, or by a call of a
 * rule, which is a network of its own. Without calls it is a nondeterministic finite automaton.
 *
 * <p>Built by one thread, then {@linkplain #complete completed} and not changed.
 */
final class Network {
  /** No finite text leads to the end. */
  static final int NEVER = 1 << 28;

  /** A way out of a node for bytes from {@code low} to {@code high}. */
  record Edge(int low, int high, Node to) {}

  /** A way out of a node: the rule first, then {@code behind}. */
  record Call(Rule rule, Node behind) {}

  /** A place between two bytes. */
  static final class Node {
    final int id;
    final boolean isEnd;
    private Edge[] edges = {};
    private Node[] jumps = {};
    private Call[] calls = {};

    /** How many calls deep the shortest way to the end of its rule goes. */
    int height = NEVER;

    private Node(int id, boolean isEnd) {
      this.id = id;
      this.isEnd = isEnd;
    }

    Edge[] edges() {
      return edges;
    }

    Node[] jumps() {
      return jumps;
    }

    Call[] calls() {
      return calls;
    }
  }

  /** A network with a start and an end, which others call. */
  record Rule(Node start, Node end) {
    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return start.id;
    }
  }

  private final int most;
  private final List<Node> nodes = new ArrayList<>();

  /** Makes a network of at most {@code most} nodes. */
  Network(int most) {
    this.most = most;
  }

  int size() {
    return nodes.size();
  }

  Node node() {
    return node(false);
  }

  private Node node(boolean end) {
    if (nodes.size() == most) {
      throw new FormatException(
          "the format is too large: it must not have more than "
              + most
              + " states.\nMaybe lower its counts, such as maxItems, maxLength or {n,m}.");
    }
    Node node = new Node(nodes.size(), end);
    nodes.add(node);
    return node;
  }

  /** Returns a rule without a way from its start to its end. */
  Rule rule() {
    return new Rule(node(), node(true));
  }

  Rule rule(Form form) {
    Rule rule = rule();
    form.add(this, rule.start(), rule.end());
    return rule;
  }

  void edge(Node from, int low, int high, Node to) {
    from.edges = Arrays.copyOf(from.edges, from.edges.length + 1);
    from.edges[from.edges.length - 1] = new Edge(low, high, to);
  }

  void jump(Node from, Node to) {
    from.jumps = Arrays.copyOf(from.jumps, from.jumps.length + 1);
    from.jumps[from.jumps.length - 1] = to;
  }

  void call(Node from, Rule rule, Node behind) {
    from.calls = Arrays.copyOf(from.calls, from.calls.length + 1);
    from.calls[from.calls.length - 1] = new Call(rule, behind);
  }

  /** Computes the heights, from the ends backwards. */
  void complete() {
    Map<Node, List<Node>> before = new HashMap<>();
    Queue<Node> changed = new ArrayDeque<>();
    for (Node node : nodes) {
      for (Edge edge : node.edges) {
        before.computeIfAbsent(edge.to(), to -> new ArrayList<>()).add(node);
      }
      for (Node to : node.jumps) {
        before.computeIfAbsent(to, key -> new ArrayList<>()).add(node);
      }
      for (Call call : node.calls) {
        before.computeIfAbsent(call.behind(), to -> new ArrayList<>()).add(node);
        before.computeIfAbsent(call.rule().start(), to -> new ArrayList<>()).add(node);
      }
      if (node.isEnd) {
        node.height = 0;
        changed.add(node);
      }
    }
    while (!changed.isEmpty()) {
      for (Node node : before.getOrDefault(changed.remove(), List.of())) {
        int height = height(node);
        if (height < node.height) {
          node.height = height;
          changed.add(node);
        }
      }
    }
  }

  private static int height(Node node) {
    int least = node.height;
    for (Edge edge : node.edges) {
      least = Math.min(least, edge.to().height);
    }
    for (Node to : node.jumps) {
      least = Math.min(least, to.height);
    }
    for (Call call : node.calls) {
      least = Math.min(least, Math.max(1 + call.rule().start().height, call.behind().height));
    }
    return least;
  }
}
