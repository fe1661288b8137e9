package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Longs;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The few conversions between Java values and tensors; results belong to the current scope. */
public final class Tensors {
  private Tensors() {}

  /** Returns a float32 tensor on the CPU with a copy of {@code values}. */
  public static Tensor of(float[] values, long... shape) {
    return Tensor.create(values, shape);
  }

  /** Returns an int64 tensor on the CPU with a copy of {@code values}. */
  public static Tensor of(long[] values, long... shape) {
    return Tensor.create(values, shape);
  }

  /** Returns zeros. */
  public static Tensor zeros(Device device, DType dtype, long... shape) {
    return torch.zeros(shape, device.options(dtype));
  }

  /** Returns room for elements of any value. */
  public static Tensor uninitialized(Device device, DType dtype, long... shape) {
    return torch.empty(shape, device.options(dtype), new MemoryFormatOptional());
  }

  /** Returns {@code parts}, one behind the other along the first dimension. */
  public static Tensor joined(Iterable<Tensor> parts) {
    TensorVector vector = new TensorVector();
    parts.forEach(vector::push_back);
    return torch.cat(vector, 0);
  }

  /** Returns {@code tensor} on {@code device} as {@code dtype}: itself where it is so already. */
  public static Tensor move(Tensor tensor, Device device, DType dtype) {
    return tensor.to(device.options(dtype), false, false, new MemoryFormatOptional());
  }

  /**
   * Returns {@code tensor} in the machine's memory: itself where it is there already, else a
   * page-locked copy, which the GPU's later work may use at once and this program once the GPU has
   * been waited for.
   */
  public static Tensor toHost(Tensor tensor) {
    if (!tensor.is_cuda()) {
      return tensor;
    }
    TensorOptions locked =
        Device.CPU.options(DType.of(tensor)).pinned_memory(new BoolOptional(true));
    return torch.empty(tensor.shape(), locked, new MemoryFormatOptional()).copy_(tensor, true);
  }

  /**
   * Returns {@code tensor} on {@code device}: itself where it is there already, else a copy for the
   * GPU's later work.
   */
  public static Tensor toDevice(Tensor tensor, Device device) {
    return tensor.to(device.options(DType.of(tensor)), true, false, new MemoryFormatOptional());
  }

  /** Returns {@code tensor} as {@code dtype}: itself where it is so already. */
  public static Tensor cast(Tensor tensor, DType dtype) {
    return tensor.to(dtype.scalarType());
  }

  /**
   * Checks the shape of the tensor called {@code name}.
   *
   * @throws IllegalArgumentException if it is another
   */
  public static void checkShape(String name, Tensor tensor, ImmutableList<Long> shape) {
    ImmutableList<Long> actual = ImmutableList.copyOf(Longs.asList(tensor.shape()));
    checkArgument(actual.equals(shape), "tensor %s: shape %s must be %s", name, actual, shape);
  }

  /** Returns where {@code tensor} lives. */
  public static Device device(Tensor tensor) {
    return tensor.is_cuda() ? new Device("cuda", tensor.device().index()) : Device.CPU;
  }

  /** Returns a copy of the elements in row-major order, converted to float32. */
  public static float[] floats(Tensor tensor) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor flat = move(tensor.detach(), Device.CPU, DType.FLOAT32).contiguous();
      float[] values = new float[Math.toIntExact(flat.numel())];
      try (FloatPointer data = flat.data_ptr_float()) {
        data.get(values);
      }
      return values;
    }
  }

  /** Returns a copy of the elements of an int64 tensor in row-major order. */
  public static long[] longs(Tensor tensor) {
    checkArgument(
        DType.of(tensor) == DType.INT64, "element type (%s) must be int64", DType.of(tensor));
    try (NativeScope scope = NativeScope.open()) {
      Tensor flat = move(tensor, Device.CPU, DType.INT64).contiguous();
      long[] values = new long[Math.toIntExact(flat.numel())];
      try (LongPointer data = flat.data_ptr_long()) {
        data.get(values);
      }
      return values;
    }
  }

  /** Returns the value of a tensor of one element. */
  public static double scalar(Tensor tensor) {
    return tensor.item_double();
  }
}
