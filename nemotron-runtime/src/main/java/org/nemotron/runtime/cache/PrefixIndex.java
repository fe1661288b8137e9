package org.nemotron.runtime.cache;

import com.google.common.base.Verify;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which page holds which beginning of a text: a tree whose edges are the tokens of one full page,
 * with the salt of the requests that may read them. Tokens are compared, not their hashes alone, so
 * that no request ever reads another's text.
 */
final class PrefixIndex {
  /** What leads from a page to the next. */
  private record Edge(String salt, ImmutableIntArray tokens) {}

  /** A page in the tree. It stands for the tokens on the way from the root to it. */
  static final class Node {
    private final int page;
    private final Edge edge;
    private final Map<Edge, Node> siblings;
    private final Map<Edge, Node> children = new HashMap<>();

    private Node(int page, Edge edge, Map<Edge, Node> siblings) {
      this.page = page;
      this.edge = edge;
      this.siblings = siblings;
    }

    int page() {
      return page;
    }
  }

  private final int pageTokens;
  private final Node root = new Node(-1, new Edge("", ImmutableIntArray.of()), new HashMap<>());
  private final @Nullable Node[] nodeOfPage;

  PrefixIndex(int pageCount, int pageTokens) {
    this.pageTokens = pageTokens;
    this.nodeOfPage = new Node[pageCount];
  }

  Node root() {
    return root;
  }

  /**
   * Returns the nodes of the first full pages of {@code tokens}, as far as {@code salt} has them.
   */
  List<Node> find(ImmutableIntArray tokens, String salt) {
    List<Node> found = new ArrayList<>();
    Node node = root;
    for (int end = pageTokens; end <= tokens.length(); end += pageTokens) {
      node = node.children.get(new Edge(salt, tokens.subArray(end - pageTokens, end)));
      if (node == null) {
        break;
      }
      found.add(node);
    }
    return found;
  }

  /** Returns the new node of a full page, or null if another page has the same beginning. */
  @Nullable Node add(Node parent, ImmutableIntArray tokens, String salt, int page) {
    Edge edge = new Edge(salt, tokens);
    if (parent.children.containsKey(edge)) {
      return null;
    }
    Node node = new Node(page, edge, parent.children);
    parent.children.put(edge, node);
    nodeOfPage[page] = node;
    return node;
  }

  boolean contains(int page) {
    return nodeOfPage[page] != null;
  }

  /** Forgets a page that no other builds on. */
  void remove(int page) {
    Node node = Verify.verifyNotNull(nodeOfPage[page], "page %s is not in the index", page);
    Verify.verify(node.children.isEmpty(), "others build on page %s", page);
    nodeOfPage[page] = null;
    node.siblings.remove(node.edge);
  }
}
