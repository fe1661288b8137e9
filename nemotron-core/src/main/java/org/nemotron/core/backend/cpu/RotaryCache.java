package org.nemotron.core.backend.cpu;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.Arrays;
import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.spec.RopeSpec;

/**
 * Cosines and sines of rotary positions for single rows: the angles of {@link RotaryEmbedding}, in
 * Java arrays. Grown by {@link #cover} before a step, read by all threads during it.
 */
final class RotaryCache {
  private static final int FIRST_POSITIONS = 512;

  private final ImmutableDoubleArray frequencies;
  private final int half;
  private float[] cosines = new float[0];
  private float[] sines = new float[0];

  RotaryCache(RopeSpec rope, int headDim) {
    this.frequencies = rope.inverseFrequencies(headDim);
    this.half = headDim / 2;
  }

  /** Makes sure that positions up to {@code last} are there. */
  void cover(int last) {
    int present = cosines.length / half;
    if (last < present) {
      return;
    }
    int positions = Math.max(Math.max(FIRST_POSITIONS, last + 1), 2 * present);
    cosines = Arrays.copyOf(cosines, positions * half);
    sines = Arrays.copyOf(sines, positions * half);
    for (int position = present; position < positions; position++) {
      for (int pair = 0; pair < half; pair++) {
        double angle = position * frequencies.get(pair);
        cosines[position * half + pair] = (float) Math.cos(angle);
        sines[position * half + pair] = (float) Math.sin(angle);
      }
    }
  }

  /** Turns the head that starts at {@code values[offset]} by the angles of {@code position}. */
  void rotate(float[] values, int offset, int position) {
    int table = position * half;
    for (int pair = 0; pair < half; pair++) {
      float cosine = cosines[table + pair];
      float sine = sines[table + pair];
      float first = values[offset + pair];
      float second = values[offset + half + pair];
      values[offset + pair] = first * cosine - second * sine;
      values[offset + half + pair] = second * cosine + first * sine;
    }
  }
}
