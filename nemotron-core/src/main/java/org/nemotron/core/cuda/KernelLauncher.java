package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;
import static com.google.common.base.Verify.verify;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.bytedeco.cuda.cudart.CUlaunchAttribute;
import org.bytedeco.cuda.cudart.CUlaunchConfig;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.NativeScope;

/**
 * Collects a kernel's arguments, and starts kernels on one stream. Used and closed by any thread,
 * one at a time. Closing twice is harmless, use after close is refused.
 */
public final class KernelLauncher implements AutoCloseable {
  private static final int MOST_ARGUMENTS = 24;
  private static final int SLOT_BYTES = 8;

  private final BytePointer values;
  private final PointerPointer<Pointer> addresses;
  private final CUlaunchAttribute overlap;
  private final CUlaunchAttribute together;
  private final int overlaps;
  private final CUlaunchConfig config;
  private int count;
  private boolean closed;

  /** Makes a launcher for {@code stream}. */
  public KernelLauncher(CudaStream stream) {
    try (NativeScope scope = NativeScope.open()) {
      this.values = NativeScope.keep(new BytePointer(MOST_ARGUMENTS * SLOT_BYTES));
      this.addresses = NativeScope.keep(new PointerPointer<>(MOST_ARGUMENTS));
      for (int slot = 0; slot < MOST_ARGUMENTS; slot++) {
        addresses.put(slot, values.getPointer((long) slot * SLOT_BYTES));
      }
      this.overlap = NativeScope.keep(new CUlaunchAttribute(1));
      overlap.id(cudart.CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION);
      overlap.value().programmaticStreamSerializationAllowed(1);
      this.together = NativeScope.keep(new CUlaunchAttribute(1));
      together.id(cudart.CU_LAUNCH_ATTRIBUTE_COOPERATIVE);
      together.value().cooperative(1);
      this.overlaps = stream.gpu().capability() >= 90 ? 1 : 0;
      this.config = NativeScope.keep(new CUlaunchConfig());
      config.hStream(stream.raw());
    }
  }

  /** Adds an address on the GPU; 0 for none. */
  @CanIgnoreReturnValue
  public KernelLauncher address(long address) {
    values.putLong((long) next() * SLOT_BYTES, address);
    return this;
  }

  /** Adds the address of a tensor's elements; the tensor must live until the kernel has run. */
  @CanIgnoreReturnValue
  public KernelLauncher tensor(Tensor tensor) {
    return address(tensor.data_ptr().address());
  }

  /** Adds an int. */
  @CanIgnoreReturnValue
  public KernelLauncher number(int value) {
    values.putInt((long) next() * SLOT_BYTES, value);
    return this;
  }

  /** Adds a float. */
  @CanIgnoreReturnValue
  public KernelLauncher number(float value) {
    values.putFloat((long) next() * SLOT_BYTES, value);
    return this;
  }

  private int next() {
    checkState(!closed, "this launcher is closed");
    verify(count < MOST_ARGUMENTS, "a kernel has too many arguments");
    return count++;
  }

  /** Returns the launch settings of blocks that may start while the kernel ahead of them runs. */
  CUlaunchConfig overlapping(CudaKernel.Shape shape) {
    return configured(shape).attrs(overlap).numAttrs(overlaps);
  }

  /**
   * Returns the launch settings of blocks that all run at once, so that they may wait for each
   * other.
   */
  CUlaunchConfig together(CudaKernel.Shape shape) {
    return configured(shape).attrs(together).numAttrs(1);
  }

  private CUlaunchConfig configured(CudaKernel.Shape shape) {
    checkState(!closed, "this launcher is closed");
    return config
        .gridDimX(shape.x())
        .gridDimY(shape.y())
        .gridDimZ(shape.z())
        .blockDimX(shape.threads())
        .blockDimY(1)
        .blockDimZ(1)
        .sharedMemBytes(shape.sharedBytes());
  }

  PointerPointer<Pointer> takeArguments() {
    count = 0;
    return addresses;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(config);
      NativeScope.release(overlap);
      NativeScope.release(together);
      NativeScope.release(addresses);
      NativeScope.release(values);
    }
  }
}
