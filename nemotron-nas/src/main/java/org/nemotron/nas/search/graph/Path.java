package org.nemotron.nas.search.graph;

import com.google.common.primitives.ImmutableIntArray;

/**
 * A path of a {@link LayerGraph} from its first node to its last: one architecture.
 *
 * @param arcs in layer order
 */
public record Path(ImmutableIntArray arcs) {

  /** Returns the path of these arcs, in layer order. */
  public static Path of(int... arcs) {
    return new Path(ImmutableIntArray.copyOf(arcs));
  }

  /** Returns how many arcs the path has. */
  public int length() {
    return arcs.length();
  }

  /** Returns the arc at a position, counted from 0. */
  public int arc(int position) {
    return arcs.get(position);
  }
}
