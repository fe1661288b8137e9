package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.spec.ModelSpec;

/**
 * Sequences of tokens that share their beginnings: a row for each distinct beginning, so that what
 * several sequences have in common is read once. Immutable.
 *
 * <p>Rows are in depth-first order: those below a row follow it.
 *
 * @param tokens the id of each row, at least one
 * @param parents the row before each row in its sequences: the row above it, or one in front of
 *     that; {@link #ROOT} where a sequence begins
 * @param wanted rows whose logits are wanted, ascending
 */
public record TokenTree(
    ImmutableIntArray tokens, ImmutableIntArray parents, ImmutableIntArray wanted) {
  /** The parent of a row that begins a sequence. */
  public static final int ROOT = -1;

  /** Checks that rows are in depth-first order, and that wanted rows ascend. */
  public TokenTree {
    checkArgument(!tokens.isEmpty(), "a tree must have a token");
    checkArgument(
        parents.length() == tokens.length(),
        "there are %s parents; there must be one for each of %s tokens",
        parents.length(),
        tokens.length());
    checkOrder(parents);
    int last = -1;
    for (int index = 0; index < wanted.length(); index++) {
      int row = wanted.get(index);
      checkArgument(
          row > last && row < tokens.length(),
          "wanted row %s must be above %s and below %s",
          row,
          last,
          tokens.length());
      last = row;
    }
  }

  /** Goes up from the row above each row, never twice over the same. */
  private static void checkOrder(ImmutableIntArray parents) {
    int[] above = new int[parents.length()];
    int depth = 0;
    for (int row = 0; row < parents.length(); row++) {
      int parent = parents.get(row);
      checkArgument(
          parent >= ROOT && parent < row, "row %s: its parent (%s) must be above it", row, parent);
      while (depth > 0 && above[depth - 1] > parent) {
        depth--;
      }
      checkArgument(
          (depth == 0 ? ROOT : above[depth - 1]) == parent,
          "row %s: its parent (%s) must be row %s or one in front of that: depth-first order",
          row,
          parent,
          row - 1);
      above[depth++] = row;
    }
  }

  /** Returns how many rows there are. */
  public int rows() {
    return tokens.length();
  }

  /** Returns how many tokens of its sequence are in front of each row. */
  public ImmutableIntArray positions() {
    int[] positions = new int[rows()];
    for (int row = 0; row < positions.length; row++) {
      int parent = parents.get(row);
      positions[row] = parent == ROOT ? 0 : positions[parent] + 1;
    }
    return ImmutableIntArray.copyOf(positions);
  }

  /**
   * Checks that {@code spec}'s model can read the tree.
   *
   * @throws IllegalArgumentException if a sequence is longer than the model's longest context, or
   *     an id is not in its vocabulary
   */
  public void checkFits(ModelSpec spec) {
    ImmutableIntArray positions = positions();
    for (int row = 0; row < rows(); row++) {
      int token = tokens.get(row);
      checkArgument(
          token >= 0 && token < spec.vocabularySize(),
          "token id %s is not within 0..%s",
          token,
          spec.vocabularySize() - 1);
      checkArgument(
          positions.get(row) < spec.maxPositions(),
          "a sequence of %s tokens must not exceed max_position_embeddings (%s)",
          positions.get(row) + 1,
          spec.maxPositions());
    }
  }
}
