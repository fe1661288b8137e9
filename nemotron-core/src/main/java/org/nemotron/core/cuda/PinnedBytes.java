package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.nemotron.core.tensor.NativeScope;

/**
 * Page-locked host memory, which a GPU reads and writes directly.
 *
 * <p>Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class PinnedBytes implements AutoCloseable {
  private final BytePointer memory;
  private final ByteBuffer bytes;
  private boolean closed;

  /** Allocates {@code size} bytes. */
  public PinnedBytes(long size) {
    checkArgument(size > 0 && size <= Integer.MAX_VALUE, "size (%s) must lie in 1..2^31-1", size);
    try (NativeScope scope = NativeScope.open()) {
      PointerPointer<Pointer> address = new PointerPointer<>(1);
      CudaException.check(
          cudart.cudaHostAlloc(address, size, cudart.cudaHostAllocDefault),
          "taking %s bytes of page-locked memory",
          size);
      this.memory = NativeScope.keep(new BytePointer(address.get()).capacity(size));
    }
    this.bytes = memory.asByteBuffer().order(ByteOrder.nativeOrder());
  }

  /** Returns the memory as an argument of copies. */
  public Pointer pointer() {
    checkState(!closed, "this memory is closed");
    return memory;
  }

  /** Returns the memory's address for kernels. */
  public long address() {
    return pointer().address();
  }

  /** Returns the memory as a buffer in native byte order; valid while this object is open. */
  public ByteBuffer bytes() {
    checkState(!closed, "this memory is closed");
    return bytes;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CudaException.check(cudart.cudaFreeHost(memory), "freeing page-locked memory");
      NativeScope.release(memory);
    }
  }
}
