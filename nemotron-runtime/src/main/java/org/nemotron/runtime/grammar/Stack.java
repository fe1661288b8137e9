package org.nemotron.runtime.grammar;

import org.jspecify.annotations.Nullable;
import org.nemotron.runtime.grammar.Network.Node;

/** A node, and the nodes to which the rules under way return. Immutable. */
final class Stack {
  /** How deep rules call each other at most: JSON within JSON about a third as deep. */
  static final int DEEPEST = 192;

  private final Node node;
  private final @Nullable Stack below;
  private final int depth;
  private final int hash;

  private Stack(Node node, @Nullable Stack below) {
    this.node = node;
    this.below = below;
    this.depth = below == null ? 0 : below.depth + 1;
    this.hash = 31 * (below == null ? 7 : below.hash) + node.id;
  }

  static Stack of(Node node) {
    return new Stack(node, null);
  }

  Node node() {
    return node;
  }

  /** Returns where the rule of this node returns to; null for the outermost. */
  @Nullable Stack below() {
    return below;
  }

  Stack at(Node other) {
    return new Stack(other, below);
  }

  Stack calling(Network.Call call) {
    return new Stack(call.rule().start(), new Stack(call.behind(), below));
  }

  /** Returns whether the end can be reached from here without too many calls in each other. */
  boolean canEnd() {
    return depth + node.height <= DEEPEST && (below == null || below.canEndHere());
  }

  private boolean canEndHere() {
    return depth + node.height <= DEEPEST;
  }

  int order() {
    return hash;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (!(other instanceof Stack stack) || stack.hash != hash || stack.depth != depth) {
      return false;
    }
    Stack mine = this;
    Stack its = stack;
    while (mine != its) {
      if (mine == null || its == null || mine.node != its.node) {
        return false;
      }
      mine = mine.below;
      its = its.below;
    }
    return true;
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
