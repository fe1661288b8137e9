package org.nemotron.core.eval;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Divides sequences into trees: those that begin alike together, the largest trees first. */
final class ScoredTrees {
  /**
   * A tree that holds long sequences may grow to so many times the longest, so that a long common
   * beginning is not read again for every few of them.
   */
  private static final int LONGEST_TIMES = 4;

  private ScoredTrees() {}

  /**
   * Returns the trees.
   *
   * @param rows how many rows a tree may have; more where its longest sequence has
   */
  static ImmutableList<ScoredTree> of(List<ScoredSequence> sequences, int rows) {
    List<Integer> order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(
                Comparator.comparing(
                    (Integer number) -> sequences.get(number).tokens(), ScoredTrees::compare))
            .toList();
    List<ScoredTree> trees = new ArrayList<>();
    ScoredTree.Builder current = new ScoredTree.Builder();
    for (int number : order) {
      ScoredSequence sequence = sequences.get(number);
      if (current.rows() > 0 && isFull(current, sequence, rows)) {
        trees.add(current.build());
        current = new ScoredTree.Builder();
      }
      current.add(number, sequence);
    }
    if (current.rows() > 0) {
      trees.add(current.build());
    }
    trees.sort(Comparator.comparingInt((ScoredTree tree) -> tree.tree().rows()).reversed());
    return ImmutableList.copyOf(trees);
  }

  private static boolean isFull(ScoredTree.Builder tree, ScoredSequence sequence, int rows) {
    int longest = Math.max(tree.longest(), sequence.tokens().length());
    return tree.rows() + tree.newRows(sequence) > Math.max(rows, LONGEST_TIMES * longest);
  }

  /** Compares token by token; a beginning comes before what it begins. */
  static int compare(ImmutableIntArray first, ImmutableIntArray second) {
    int most = Math.min(first.length(), second.length());
    for (int index = 0; index < most; index++) {
      int order = Integer.compare(first.get(index), second.get(index));
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(first.length(), second.length());
  }
}
