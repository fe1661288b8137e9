package org.nemotron.core.tensor;

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

/**
 * Native float32 memory that Java code and native products work on without copies: seen as matrix
 * of any shape that fits, starting at element 0.
 *
 * <p>Not safe for use by several threads, except that distinct elements may be read and written by
 * distinct threads.
 */
public final class FloatArea implements AutoCloseable {
  /** A buffer is addressed by ints: larger areas are seen through several. */
  private static final long CHUNK_FLOATS = 1L << 28;

  private final Tensor flat;
  private final FloatPointer start;
  private final FloatBuffer[] chunks;
  private final long capacity;
  private final Map<Long, Tensor> views = new ConcurrentHashMap<>();
  private boolean closed;

  private FloatArea(long capacity, Supplier<Tensor> memory) {
    checkArgument(capacity > 0, "capacity (%s) must be positive", capacity);
    this.capacity = capacity;
    try (NativeScope scope = NativeScope.open()) {
      this.flat = NativeScope.keep(memory.get());
      this.start = NativeScope.keep(flat.data_ptr_float());
    }
    this.chunks = new FloatBuffer[Math.toIntExact((capacity + CHUNK_FLOATS - 1) / CHUNK_FLOATS)];
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      chunks[chunk] = buffer(chunk * CHUNK_FLOATS);
    }
  }

  /** Returns {@code capacity} floats, all zero. */
  public static FloatArea zeros(long capacity) {
    return new FloatArea(capacity, () -> Tensors.zeros(Device.CPU, DType.FLOAT32, capacity));
  }

  /**
   * Returns {@code capacity} floats of any value. Of a large area the operating system gives each
   * part when it is first written.
   */
  public static FloatArea reserve(long capacity) {
    return new FloatArea(capacity, () -> torch.empty(capacity));
  }

  private FloatBuffer buffer(long from) {
    long floats = Math.min(CHUNK_FLOATS, capacity - from);
    BytePointer bytes = new BytePointer(start);
    bytes.position(from * Float.BYTES).limit((from + floats) * Float.BYTES);
    return bytes.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  /** Returns how many floats there are. */
  public long capacity() {
    return capacity;
  }

  /** Copies {@code length} floats from element {@code from} on to {@code target}. */
  public void read(long from, float[] target, int offset, int length) {
    int chunk = (int) (from / CHUNK_FLOATS);
    int within = (int) (from % CHUNK_FLOATS);
    int here = (int) Math.min(length, CHUNK_FLOATS - within);
    chunks[chunk].get(within, target, offset, here);
    if (here < length) {
      chunks[chunk + 1].get(0, target, offset + here, length - here);
    }
  }

  /** Copies {@code length} floats of {@code source} to element {@code to} and those behind it. */
  public void write(long to, float[] source, int offset, int length) {
    int chunk = (int) (to / CHUNK_FLOATS);
    int within = (int) (to % CHUNK_FLOATS);
    int here = (int) Math.min(length, CHUNK_FLOATS - within);
    chunks[chunk].put(within, source, offset, here);
    if (here < length) {
      chunks[chunk + 1].put(0, source, offset + here, length - here);
    }
  }

  /** Returns the address of element {@code index}. */
  long address(long index) {
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
