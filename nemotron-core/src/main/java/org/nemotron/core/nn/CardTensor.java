package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nemotron.core.cuda.CardMemoryException;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * A tensor on a card that stays where it is until this closes, so that kernels know its address.
 */
final class CardTensor implements AutoCloseable {
  private final Tensor tensor;
  private final long address;
  private boolean closed;

  private CardTensor(Tensor contiguous) {
    this.tensor = NativeScope.keep(contiguous);
    this.address = contiguous.numel() == 0 ? 0 : contiguous.data_ptr().address();
  }

  /** Takes a share in {@code tensor}, or in a contiguous copy. */
  static CardTensor of(Tensor tensor) {
    try (NativeScope scope = NativeScope.open()) {
      return new CardTensor(tensor.contiguous());
    }
  }

  /**
   * Returns room for elements of any value.
   *
   * @throws CardMemoryException if there is not enough
   */
  static CardTensor empty(Device device, DType dtype, long... shape) {
    try (NativeScope scope = NativeScope.open()) {
      return new CardTensor(Tensors.uninitialised(device, dtype, shape));
    } catch (RuntimeException e) {
      throw CardFailures.explained(e, device);
    }
  }

  /** Returns room for 8-bit floats of any value. */
  static CardTensor eights(Device device, long count) {
    try (NativeScope scope = NativeScope.open()) {
      return new CardTensor(
          Tensors.uninitialised(device, DType.BFLOAT16, count).to(ScalarType.Float8_e4m3fn));
    } catch (RuntimeException e) {
      throw CardFailures.explained(e, device);
    }
  }

  /** Returns zeros. */
  static CardTensor zeros(Device device, DType dtype, long... shape) {
    try (NativeScope scope = NativeScope.open()) {
      return new CardTensor(Tensors.zeros(device, dtype, shape));
    }
  }

  Tensor tensor() {
    return tensor;
  }

  long address() {
    return address;
  }

  long bytes() {
    return tensor.nbytes();
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
