package org.nemotron.nas.search;

import com.google.common.primitives.ImmutableIntArray;

/**
 * One architecture as arcs of a {@link LayerGraph}.
 *
 * @param arcs in layer order
 */
record Path(ImmutableIntArray arcs) {

  static Path of(int... arcs) {
    return new Path(ImmutableIntArray.copyOf(arcs));
  }

  int length() {
    return arcs.length();
  }

  int arc(int position) {
    return arcs.get(position);
  }
}
