package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/**
 * A float32 tensor in page-locked host memory, which copies to and from a GPU use without waiting.
 * It takes just its size: LibTorch's own rounds up to a power of two, which of gigabytes is much.
 *
 * <p>Any thread may close it, when no copy is under way; closing twice is harmless.
 */
public final class PinnedFloats implements AutoCloseable {
  private final Pointer memory;
  private final Tensor tensor;
  private boolean closed;

  /** Allocates zeros. */
  public PinnedFloats(long... shape) {
    long bytes = Float.BYTES;
    for (long size : shape) {
      bytes = Math.multiplyExact(bytes, size);
    }
    checkArgument(bytes > 0, "a page-locked tensor must have elements");
    try (NativeScope scope = NativeScope.open()) {
      PointerPointer<Pointer> address = new PointerPointer<>(1);
      CudaException.check(
          cudart.cudaHostAlloc(address, bytes, cudart.cudaHostAllocDefault),
          "taking %s bytes of page-locked memory",
          bytes);
      this.memory = NativeScope.keep(new BytePointer(address.get()).capacity(bytes));
      this.tensor =
          NativeScope.keep(
              torch.from_blob(memory, shape, Device.CPU.options(DType.FLOAT32)).zero_());
    }
  }

  /** Returns the tensor, which is valid while this object is open. */
  public Tensor tensor() {
    checkState(!closed, "this memory is closed");
    return tensor;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(tensor);
      CudaException.check(cudart.cudaFreeHost(memory), "freeing page-locked memory");
      NativeScope.release(memory);
    }
  }
}
