package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkState;

import java.nio.ByteOrder;
import java.nio.IntBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * Sums of rows of a table, each row times a weight, many sums in one native call: the embedding
 * bags of LibTorch, which FBGEMM computes from where the rows are, without copies.
 *
 * <p>A sum is added up row by row in its order, from zero, by fused multiply-adds: it depends on
 * its own rows and weights only. Used by one thread at a time.
 */
final class WeightedRowSums implements AutoCloseable {
  /** Whose row numbers have room for how many. */
  private final int capacity;

  private final int sums;
  private final Ints rows;
  private final Ints starts;
  private final NativeFloats weights;
  private final TensorOptional weightsTensor;
  private final Resources parts;
  private boolean closed;

  /** Numbers in native memory. */
  private static final class Ints implements AutoCloseable {
    private final Tensor tensor;
    private final IntBuffer buffer;

    Ints(int capacity) {
      try (NativeScope scope = NativeScope.open()) {
        this.tensor = NativeScope.keep(Tensors.zeros(Device.CPU, DType.INT32, capacity));
        IntPointer start = tensor.data_ptr_int();
        BytePointer bytes = new BytePointer(start);
        bytes.position(0).limit((long) capacity * Integer.BYTES);
        this.buffer = bytes.asByteBuffer().order(ByteOrder.nativeOrder()).asIntBuffer();
      }
    }

    @Override
    public void close() {
      NativeScope.release(tensor);
    }
  }

  /**
   * Makes room.
   *
   * @param sums exactly how many are computed at once
   * @param rows at most how many numbers of rows, of all sums
   */
  WeightedRowSums(int sums, int rows) {
    this.sums = sums;
    this.capacity = rows;
    try (Resources made = new Resources()) {
      this.rows = made.add(new Ints(rows), Ints::close);
      this.starts = made.add(new Ints(sums + 1), Ints::close);
      this.weights = made.add(NativeFloats.zeros(rows), NativeFloats::close);
      try (NativeScope scope = NativeScope.open()) {
        this.weightsTensor =
            made.add(
                NativeScope.keep(new TensorOptional(weights.table(1).view(rows))),
                NativeScope::release);
      }
      this.parts = made.complete();
    }
  }

  /** Returns whether it has been made for {@code sums} sums and at least {@code rows} rows. */
  boolean fits(int sums, int rows) {
    return this.sums == sums && capacity >= rows;
  }

  /**
   * Sets which rows are added up.
   *
   * @param rowNumbers of one sum after the other; each must be in the table
   * @param sumStarts where in them each sum starts, and after those the end of the last
   */
  void set(int[] rowNumbers, int[] sumStarts) {
    checkState(!closed, "these sums are closed");
    rows.buffer.put(0, rowNumbers, 0, sumStarts[sums]);
    starts.buffer.put(0, sumStarts, 0, sums + 1);
  }

  /** Returns the weight of each row, in the order of the rows. */
  NativeFloats weights() {
    return weights;
  }

  /**
   * Writes the sums to {@code result}, one after the other.
   *
   * @param table {@code [rows, columns]}
   */
  void compute(NativeFloats table, int columns, float[] result) {
    checkState(!closed, "these sums are closed");
    try (NativeScope scope = NativeScope.open()) {
      Tensor computed =
          torch
              .embedding_bag(
                  table.table(columns),
                  rows.tensor,
                  starts.tensor,
                  /* scale_grad_by_freq= */ false,
                  /* mode= sum */ 0,
                  /* sparse= */ false,
                  weightsTensor,
                  /* include_last_offset= */ true)
              .get0();
      FloatPointer values = computed.data_ptr_float();
      values.get(result, 0, sums * columns);
    }
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
