package org.nemotron.runtime.cache;

import com.google.common.base.Verify;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which page holds which beginning of a text: a tree whose edges are the tokens of one full page.
 * Tokens are compared, not their hashes alone, so that no request ever reads another's text.
 */
final class PrefixIndex {
  /** A page in the tree. It stands for the tokens on the way from the root to it. */
  static final class Node {
    private final int page;
    private final ImmutableIntArray tokens;
    private final Map<ImmutableIntArray, Node> siblings;
    private final Map<ImmutableIntArray, Node> children = new HashMap<>();

    private Node(int page, ImmutableIntArray tokens, Map<ImmutableIntArray, Node> siblings) {
      this.page = page;
      this.tokens = tokens;
      this.siblings = siblings;
    }

    int page() {
      return page;
    }
  }

  private final int pageTokens;
  private final Node root = new Node(-1, ImmutableIntArray.of(), new HashMap<>());
  private final @Nullable Node[] nodeOfPage;

  PrefixIndex(int pageCount, int pageTokens) {
    this.pageTokens = pageTokens;
    this.nodeOfPage = new Node[pageCount];
  }

  Node root() {
    return root;
  }

  /** Returns the nodes of the first full pages of {@code tokens}, as far as they are known. */
  List<Node> find(ImmutableIntArray tokens) {
    List<Node> found = new ArrayList<>();
    Node node = root;
    for (int end = pageTokens; end <= tokens.length(); end += pageTokens) {
      node = node.children.get(tokens.subArray(end - pageTokens, end));
      if (node == null) {
        break;
      }
      found.add(node);
    }
    return found;
  }

  /** Returns the new node of a full page, or null if another page has the same beginning. */
  @Nullable Node add(Node parent, ImmutableIntArray tokens, int page) {
    if (parent.children.containsKey(tokens)) {
      return null;
    }
    Node node = new Node(page, tokens, parent.children);
    parent.children.put(tokens, node);
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
    node.siblings.remove(node.tokens);
  }
}
