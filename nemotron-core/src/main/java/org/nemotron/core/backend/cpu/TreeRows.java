package org.nemotron.core.backend.cpu;

import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.nemotron.core.inference.TokenTree;

/**
 * Where the rows in front of each row of a tree are: a few runs of rows that follow each other.
 *
 * <p>An edge is a run of rows each of which is the parent of the next. All rows of an edge have the
 * same runs in front of it.
 */
final class TreeRows {
  private final int[] edges;
  private final int[] starts;
  private final int[] subtreeEnds;
  private final List<int[]> before = new ArrayList<>();

  TreeRows(TokenTree tree) {
    ImmutableIntArray parents = tree.parents();
    this.edges = new int[tree.rows()];
    int[] begins = new int[tree.rows()];
    for (int row = 0; row < edges.length; row++) {
      int parent = parents.get(row);
      if (parent == TokenTree.ROOT || parent != row - 1) {
        begins[before.size()] = row;
        before.add(parent == TokenTree.ROOT ? new int[0] : runsTo(parent, begins));
      }
      edges[row] = before.size() - 1;
    }
    this.starts = Arrays.copyOf(begins, before.size());
    this.subtreeEnds = subtreeEnds(parents);
  }

  /** The rows below one follow it. */
  private static int[] subtreeEnds(ImmutableIntArray parents) {
    int[] ends = new int[parents.length()];
    for (int row = ends.length - 1; row >= 0; row--) {
      ends[row] = Math.max(ends[row], row + 1);
      int parent = parents.get(row);
      if (parent != TokenTree.ROOT) {
        ends[parent] = Math.max(ends[parent], ends[row]);
      }
    }
    return ends;
  }

  private int[] runsTo(int row, int[] begins) {
    int[] front = before.get(edges[row]);
    int[] runs = Arrays.copyOf(front, front.length + 2);
    runs[front.length] = begins[edges[row]];
    runs[front.length + 1] = row + 1;
    return runs;
  }

  int rows() {
    return edges.length;
  }

  /** Returns the end of the rows below {@code row}, which follow it. */
  int subtreeEnd(int row) {
    return subtreeEnds[row];
  }

  /** Returns the end of the rows of an edge from {@code row} on that the same rows are below. */
  int segmentEnd(int row) {
    int end = row + 1;
    while (end < edges.length && edges[end] == edges[row] && subtreeEnds[end] == subtreeEnds[row]) {
      end++;
    }
    return end;
  }

  /**
   * Returns the runs of rows that a row sees, itself included, in the order of its sequence: first
   * row, end, first row, end, and so on.
   */
  int[] runsTo(int row) {
    return runsTo(row, starts);
  }
}
