package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.ImmutableDoubleArray;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Rotary position embedding in the half-split layout of Hugging Face: pair i of a head is its
 * elements i and i + H/2.
 *
 * <p>Tables of cosines and signed sines are computed in float64 and stored in the dtype of the
 * model; they grow when longer contexts are met. Safe for use by several threads. Any thread may
 * close it; closing twice is harmless, use after close is refused.
 */
public final class RotaryEmbedding implements AutoCloseable {
  // Shape letters in this file: B = batch, N = heads, T = tokens, H = head size, P = positions.

  private static final long FIRST_POSITIONS = 1024;

  private final ImmutableDoubleArray frequencies;
  private final int headDim;
  private final long maxPositions;
  private final DType dtype;
  private final Device device;
  private volatile Tables tables;
  private volatile boolean closed;

  private record Tables(long positions, Tensor cosinesPH, Tensor sinesPH) {}

  /** Makes the tables for the first positions. */
  public RotaryEmbedding(
      RopeSpec rope, int headDim, long maxPositions, DType dtype, Device device) {
    this.frequencies = rope.inverseFrequencies(headDim);
    this.headDim = headDim;
    this.maxPositions = maxPositions;
    this.dtype = dtype;
    this.device = device;
    this.tables = tables(Math.min(FIRST_POSITIONS, maxPositions));
  }

  /**
   * Returns {@code headsBNTH} turned by the angles of positions {@code start} to {@code start + T}.
   *
   * <p>{@code x * cos + roll(x, H/2) * sin}, the first half of the sines negated.
   *
   * @throws IllegalArgumentException if a position is beyond the model's longest context
   * @throws IllegalStateException if this object is closed
   */
  public Tensor apply(Tensor headsBNTH, long start) {
    checkState(!closed, "these rotary tables are closed");
    long tokens = headsBNTH.size(2);
    Tables current = covering(start + tokens);
    Tensor cosinesTH = current.cosinesPH().narrow(0, start, tokens);
    Tensor sinesTH = current.sinesPH().narrow(0, start, tokens);
    return FusedOps.rotated(headsBNTH, cosinesTH, sinesTH);
  }

  private Tables covering(long positions) {
    Tables current = tables;
    return positions <= current.positions() ? current : grown(positions);
  }

  private synchronized Tables grown(long positions) {
    checkArgument(
        positions <= maxPositions,
        "a context of %s tokens must not exceed max_position_embeddings (%s)",
        positions,
        maxPositions);
    if (positions > tables.positions()) {
      // The old tables may be in use by another thread: they are left to the garbage collector.
      tables = tables(Math.min(maxPositions, Long.highestOneBit(positions - 1) * 2));
    }
    return tables;
  }

  private Tables tables(long positions) {
    int half = headDim / 2;
    float[] cosines = new float[Math.toIntExact(positions * headDim)];
    float[] sines = new float[cosines.length];
    for (int position = 0; position < positions; position++) {
      for (int pair = 0; pair < half; pair++) {
        double angle = position * frequencies.get(pair);
        int first = position * headDim + pair;
        cosines[first] = (float) Math.cos(angle);
        cosines[first + half] = cosines[first];
        sines[first] = (float) -Math.sin(angle);
        sines[first + half] = -sines[first];
      }
    }
    try (NativeScope scope = NativeScope.open()) {
      Tensor cosinesPH = moved(cosines, positions);
      Tensor sinesPH = moved(sines, positions);
      return new Tables(positions, NativeScope.keep(cosinesPH), NativeScope.keep(sinesPH));
    }
  }

  private Tensor moved(float[] values, long positions) {
    return Tensors.move(Tensors.of(values, positions, headDim), device, dtype);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(tables.cosinesPH());
      NativeScope.release(tables.sinesPH());
    }
  }
}
