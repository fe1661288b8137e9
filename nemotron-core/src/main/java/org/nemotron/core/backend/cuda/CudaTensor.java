package org.nemotron.core.backend.cuda;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** A tensor on a GPU that stays where it is until this closes, so that kernels know its address. */
final class CudaTensor implements AutoCloseable {
  private final Tensor tensor;
  private final long address;
  private final long bytes;
  private boolean closed;

  private CudaTensor(Tensor contiguous) {
    this.tensor = NativeScope.keep(contiguous);
    this.bytes = contiguous.nbytes();
    this.address = contiguous.numel() == 0 ? 0 : contiguous.data_ptr().address();
  }

  /** Takes a share in {@code tensor}, or in a contiguous copy. */
  static CudaTensor of(Tensor tensor) {
    try (NativeScope scope = NativeScope.open()) {
      return new CudaTensor(tensor.contiguous());
    }
  }

  /**
   * Returns room for elements of any value.
   *
   * @throws GpuMemoryException if there is not enough
   */
  static CudaTensor empty(Device device, DType dtype, long... shape) {
    try (NativeScope scope = NativeScope.open()) {
      return new CudaTensor(Tensors.uninitialized(device, dtype, shape));
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, device);
    }
  }

  /** Returns room for 8-bit floats of any value. */
  static CudaTensor fp8(Device device, long count) {
    try (NativeScope scope = NativeScope.open()) {
      return new CudaTensor(
          Tensors.uninitialized(device, DType.BFLOAT16, (count + 1) / 2)
              .view(ScalarType.Float8_e4m3fn)
              .narrow(0, 0, count));
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, device);
    }
  }

  /** Returns zeros. */
  static CudaTensor zeros(Device device, DType dtype, long... shape) {
    try (NativeScope scope = NativeScope.open()) {
      return new CudaTensor(Tensors.zeros(device, dtype, shape));
    }
  }

  Tensor tensor() {
    return tensor;
  }

  long address() {
    return address;
  }

  long bytes() {
    return bytes;
  }

  /** Returns the first {@code rows} rows, owned by the current scope. */
  Tensor rows(long rows) {
    return tensor.narrow(0, 0, rows);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(tensor);
    }
  }
}
