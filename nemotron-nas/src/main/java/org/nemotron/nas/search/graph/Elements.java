package org.nemotron.nas.search.graph;

import java.util.Arrays;

/** Parts of arrays: the elements at some indices, or those that are marked. */
public final class Elements {
  private Elements() {}

  /** Returns the values at these indices. */
  public static int[] at(int[] values, int[] indices) {
    int[] picked = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      picked[i] = values[indices[i]];
    }
    return picked;
  }

  /** Returns the values at these indices. */
  public static double[] at(double[] values, int[] indices) {
    double[] picked = new double[indices.length];
    for (int i = 0; i < indices.length; i++) {
      picked[i] = values[indices[i]];
    }
    return picked;
  }

  /** Returns the marked ones of the values. */
  public static double[] marked(double[] values, boolean[] marks) {
    double[] picked = new double[values.length];
    int size = 0;
    for (int i = 0; i < values.length; i++) {
      if (marks[i]) {
        picked[size++] = values[i];
      }
    }
    return Arrays.copyOf(picked, size);
  }

  /** Returns the indices of the marks, ascending. */
  public static int[] indices(boolean[] marks) {
    int[] indices = new int[marks.length];
    int size = 0;
    for (int i = 0; i < marks.length; i++) {
      if (marks[i]) {
        indices[size++] = i;
      }
    }
    return Arrays.copyOf(indices, size);
  }
}
