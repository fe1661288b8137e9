package org.nemotron.core.testing;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.nemotron.core.inference.TokenTree;

/** Random trees of tokens, and the sequences in them. */
public final class TestTrees {
  private TestTrees() {}

  /** Returns a tree of {@code rows} rows, mostly long runs, that wants the logits of all. */
  public static TokenTree random(int rows, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
    ImmutableIntArray.Builder parents = ImmutableIntArray.builder();
    int[] above = new int[rows];
    for (int row = 0; row < rows; row++) {
      tokens.add(random.nextInt(TestModels.VOCABULARY));
      int parent = row - 1;
      if (random.nextInt(20) == 0) {
        for (int up = random.nextInt(above.length); up > 0 && parent >= 0; up--) {
          parent = above[parent];
        }
      }
      above[row] = parent;
      parents.add(parent);
    }
    return new TokenTree(
        tokens.build(),
        parents.build(),
        ImmutableIntArray.copyOf(IntStream.range(0, rows).toArray()));
  }

  /** Returns the tokens of the sequence that ends with {@code row}. */
  public static long[] sequence(TokenTree tree, int row) {
    long[] ids = new long[tree.positions().get(row) + 1];
    int at = row;
    for (int position = ids.length - 1; position >= 0; position--) {
      ids[position] = tree.tokens().get(at);
      at = tree.parents().get(at);
    }
    return ids;
  }

  /** Returns the tree of one sequence that wants the logits of its last row. */
  public static TokenTree single(long[] ids) {
    return new TokenTree(
        ImmutableIntArray.copyOf(Arrays.stream(ids).mapToInt(id -> (int) id).toArray()),
        ImmutableIntArray.copyOf(IntStream.range(-1, ids.length - 1).toArray()),
        ImmutableIntArray.of(ids.length - 1));
  }
}
