package org.nemotron.core.backend.cpu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;

/**
 * {@link FastExp} of many values, to the same bits, in loops that the JIT compiler makes vector
 * instructions of. It has none for the bits of floats: they become those of integers, and back, by
 * copies through a buffer.
 *
 * <p>Used by one thread at a time.
 */
public final class FastExps {
  /** So many at a time stay in the processor's nearest cache. */
  private static final int BLOCK = 1024;

  /** Below this many the copies cost more than vector instructions save. */
  private static final int FEW = 24;

  private final FloatBuffer asFloats;
  private final IntBuffer asInts;
  private float[] values = new float[0];
  private final float[] block = new float[BLOCK];
  private final float[] polynomials = new float[BLOCK];
  private final float[] shifted = new float[BLOCK];
  private final int[] bits = new int[BLOCK];

  /** Makes room for one thread. */
  public FastExps() {
    ByteBuffer bytes = ByteBuffer.allocate(BLOCK * Float.BYTES).order(ByteOrder.nativeOrder());
    this.asFloats = bytes.asFloatBuffer();
    this.asInts = bytes.asIntBuffer();
  }

  /** Replaces {@code values[from]} to {@code values[to - 1]} by their exponentials. */
  public void apply(float[] values, int from, int to) {
    for (int first = from; first < to; first += BLOCK) {
      int count = Math.min(BLOCK, to - first);
      if (count < FEW) {
        oneByOne(values, first, first + count);
      } else {
        System.arraycopy(values, first, block, 0, count);
        applyToBlock(count);
        System.arraycopy(block, 0, values, first, count);
      }
    }
  }

  private static void oneByOne(float[] values, int from, int to) {
    for (int i = from; i < to; i++) {
      values[i] = FastExp.of(values[i]);
    }
  }

  private void applyToBlock(int count) {
    FastExp.prepare(block, polynomials, shifted, 0, count);
    asFloats.put(0, shifted, 0, count);
    asInts.get(0, bits, 0, count);
    FastExp.powers(bits, 0, count);
    asInts.put(0, bits, 0, count);
    asFloats.get(0, shifted, 0, count);
    FastExp.finish(block, polynomials, shifted, 0, count);
  }

  /**
   * Returns the exponentials of {@code count} negated values: an array lent until the next call.
   */
  float[] ofNegated(float[] source, int count) {
    if (values.length < count) {
      values = Arrays.copyOf(values, Math.max(count, 2 * values.length));
    }
    float[] negated = values;
    for (int i = 0; i < count; i++) {
      negated[i] = -source[i];
    }
    apply(negated, 0, count);
    return negated;
  }
}
