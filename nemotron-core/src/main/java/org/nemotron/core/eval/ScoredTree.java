package org.nemotron.core.eval;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import org.nemotron.core.inference.TokenTree;

/**
 * Sequences as one tree, and what is scored behind its wanted rows.
 *
 * @param tree every distinct beginning once
 * @param targets for each wanted row, the tokens that are scored behind it
 */
record ScoredTree(TokenTree tree, ImmutableList<ImmutableList<Target>> targets) {
  /**
   * A token that is scored.
   *
   * @param sequence whose it is, in the caller's numbering
   * @param index within the sequence's targets
   */
  record Target(int sequence, int index, int token) {}

  /** Returns how many tokens are in front of a wanted row, in its sequences. */
  int positionOf(int index) {
    int position = -1;
    for (int row = tree.wanted().get(index); row != TokenTree.ROOT; row = tree.parents().get(row)) {
      position++;
    }
    return position;
  }

  /**
   * Joins sequences that come in lexicographic order, so that equal beginnings follow each other.
   */
  static final class Builder {
    private final ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
    private final ImmutableIntArray.Builder parents = ImmutableIntArray.builder();
    private final TreeMap<Integer, List<Target>> wanted = new TreeMap<>();
    private ImmutableIntArray last = ImmutableIntArray.of();
    private int[] path = new int[0];
    private int rows;
    private int longest;

    int rows() {
      return rows;
    }

    /** Returns how many tokens the longest sequence has. */
    int longest() {
      return longest;
    }

    /** Returns how many rows {@code sequence} would add. */
    int newRows(ScoredSequence sequence) {
      return sequence.tokens().length() - common(last, sequence.tokens());
    }

    void add(int number, ScoredSequence sequence) {
      ImmutableIntArray read = sequence.tokens();
      int shared = common(last, read);
      path = Arrays.copyOf(path, Math.max(path.length, read.length()));
      for (int position = shared; position < read.length(); position++) {
        tokens.add(read.get(position));
        parents.add(position == 0 ? TokenTree.ROOT : path[position - 1]);
        path[position] = rows++;
      }
      for (int index = 0; index < sequence.targets().length(); index++) {
        wanted
            .computeIfAbsent(path[sequence.firstScored() + index], row -> new ArrayList<>())
            .add(new Target(number, index, sequence.targets().get(index)));
      }
      last = read;
      longest = Math.max(longest, read.length());
    }

    private static int common(ImmutableIntArray first, ImmutableIntArray second) {
      int most = Math.min(first.length(), second.length());
      int length = 0;
      while (length < most && first.get(length) == second.get(length)) {
        length++;
      }
      return length;
    }

    ScoredTree build() {
      ImmutableIntArray rowsWanted = ImmutableIntArray.copyOf(wanted.keySet());
      return new ScoredTree(
          new TokenTree(tokens.build(), parents.build(), rowsWanted),
          wanted.values().stream()
              .map(ImmutableList::copyOf)
              .collect(ImmutableList.toImmutableList()));
    }
  }
}
