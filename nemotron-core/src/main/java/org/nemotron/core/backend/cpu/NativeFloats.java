package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * Native float32 memory that Java code and native products work on without copies: seen as matrix
 * of any shape that fits, starting at element 0.
 *
 * <p>Not safe for use by several threads, except that distinct elements may be read and written by
 * distinct threads. Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class NativeFloats implements AutoCloseable {
  /** A buffer is addressed by ints: larger areas are seen through several. */
  private static final long CHUNK_FLOATS = 1L << 28;

  private final Tensor flat;
  private final FloatPointer start;
  private final FloatBuffer[] chunks;
  private final long capacity;
  private final long chunkFloats;
  private final Map<Long, Tensor> views = new ConcurrentHashMap<>();
  private boolean closed;

  private NativeFloats(long capacity, long chunkFloats, Supplier<Tensor> memory) {
    checkArgument(capacity > 0, "capacity (%s) must be positive", capacity);
    this.capacity = capacity;
    this.chunkFloats = chunkFloats;
    try (NativeScope scope = NativeScope.open()) {
      Tensor made = memory.get();
      this.start = NativeScope.keep(made.data_ptr_float());
      this.flat = NativeScope.keep(made);
    }
    this.chunks = new FloatBuffer[Math.toIntExact((capacity + chunkFloats - 1) / chunkFloats)];
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      chunks[chunk] = buffer(chunk * chunkFloats);
    }
  }

  /** Returns {@code capacity} floats, all zero. */
  public static NativeFloats zeros(long capacity) {
    return zeros(capacity, CHUNK_FLOATS);
  }

  /** Returns zeros seen through buffers of {@code chunkFloats} floats. */
  static NativeFloats zeros(long capacity, long chunkFloats) {
    return new NativeFloats(
        capacity, chunkFloats, () -> Tensors.zeros(Device.CPU, DType.FLOAT32, capacity));
  }

  /**
   * Returns {@code capacity} floats of any value. Of a large area the operating system gives each
   * part when it is first written.
   */
  public static NativeFloats reserve(long capacity) {
    return new NativeFloats(capacity, CHUNK_FLOATS, () -> torch.empty(capacity));
  }

  /**
   * Returns the elements of {@code tensor} in row-major order: its own memory where it is
   * contiguous float32 on the CPU, else a copy. The memory stays as long as this area, whatever
   * becomes of the tensor.
   */
  public static NativeFloats of(Tensor tensor) {
    return new NativeFloats(
        tensor.numel(),
        CHUNK_FLOATS,
        () -> Tensors.move(tensor.detach(), Device.CPU, DType.FLOAT32).contiguous().flatten());
  }

  private FloatBuffer buffer(long from) {
    long floats = Math.min(chunkFloats, capacity - from);
    BytePointer bytes = new BytePointer(start);
    bytes.position(from * Float.BYTES).limit((from + floats) * Float.BYTES);
    return bytes.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Returns how many floats there are. */
  public long capacity() {
    return capacity;
  }

  /**
   * Copies {@code length} floats from element {@code from} on to {@code target}.
   *
   * @throws IndexOutOfBoundsException if they are not all within this area and the array
   */
  public void read(long from, float[] target, int offset, int length) {
    checkState(!closed, "this memory is closed");
    if (chunks.length == 1) {
      chunks[0].get((int) Math.min(from, Integer.MAX_VALUE), target, offset, length);
      return;
    }
    int at = offset;
    long next = from;
    while (at < offset + length) {
      int within = (int) (next % chunkFloats);
      int here = (int) Math.min(offset + length - at, chunkFloats - within);
      chunk(next).get(within, target, at, here);
      at += here;
      next += here;
    }
  }

  /**
   * Copies {@code length} floats of {@code source} to element {@code to} and those behind it.
   *
   * @throws IndexOutOfBoundsException if they are not all within this area and the array
   */
  public void write(long to, float[] source, int offset, int length) {
    checkState(!closed, "this memory is closed");
    if (chunks.length == 1) {
      chunks[0].put((int) Math.min(to, Integer.MAX_VALUE), source, offset, length);
      return;
    }
    int at = offset;
    long next = to;
    while (at < offset + length) {
      int within = (int) (next % chunkFloats);
      int here = (int) Math.min(offset + length - at, chunkFloats - within);
      chunk(next).put(within, source, at, here);
      at += here;
      next += here;
    }
  }

  /**
   * Writes {@code length} floats of {@code source} to element {@code to} and others, each {@code
   * spacing} elements behind the one before.
   *
   * @throws IndexOutOfBoundsException if they are not all within this area and the array
   */
  void writeSpaced(long to, int spacing, float[] source, int offset, int length) {
    checkState(!closed, "this memory is closed");
    long next = to;
    int at = offset;
    while (at < offset + length) {
      FloatBuffer chunk = chunk(next);
      int within = (int) (next % chunkFloats);
      do {
        chunk.put(within, source[at++]);
        within += spacing;
        next += spacing;
      } while (at < offset + length && within < chunk.capacity());
    }
  }

  private FloatBuffer chunk(long index) {
    return chunks[(int) (index / chunkFloats)];
  }

  /** Returns the address of element {@code index}. */
  long address(long index) {
    checkState(!closed, "this memory is closed");
    return start.address() + index * Float.BYTES;
  }

  /** Returns the first elements as {@code [rows, columns]}; it belongs to this area. */
  Tensor view(int rows, int columns) {
    checkState(!closed, "this memory is closed");
    return views.computeIfAbsent(
        (long) rows << 32 | columns,
        shape -> {
          try (NativeScope scope = NativeScope.open()) {
            return NativeScope.keep(flat.narrow(0, 0, (long) rows * columns).view(rows, columns));
          }
        });
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      views.values().forEach(NativeScope::release);
      NativeScope.release(start);
      NativeScope.release(flat);
    }
  }
}
