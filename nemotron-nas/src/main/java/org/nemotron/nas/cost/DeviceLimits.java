package org.nemotron.nas.cost;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/**
 * What a device gives a program, measured: the best of a few runs each.
 *
 * @param copyBytesPerSecond a large copy within its memory, bytes read plus bytes written
 * @param productFlops a product of two bfloat16 matrices of 8192 by 8192; on the CPU, smaller ones
 *     of float32
 */
public record DeviceLimits(double copyBytesPerSecond, double productFlops) {
  private static final int SIDE = 8192;
  private static final long COPIED_BYTES = 4L << 30;
  private static final int CPU_SIDE = 512;
  private static final long CPU_COPIED_BYTES = 64L << 20;

  /** Measures what {@code device} gives, in about a second. */
  public static DeviceLimits measure(Device device) {
    return device.equals(Device.CPU)
        ? measure(device, DType.FLOAT32, CPU_SIDE, CPU_COPIED_BYTES)
        : measure(device, DType.BFLOAT16, SIDE, COPIED_BYTES);
  }

  private static DeviceLimits measure(Device device, DType dtype, int side, long bytes) {
    long elements = bytes / dtype.bytes();
    try (NativeScope scope = NativeScope.open()) {
      Tensor from = Tensors.uninitialized(device, dtype, elements).fill_(one());
      Tensor to = Tensors.uninitialized(device, dtype, elements);
      double copy = best(device, 10, () -> to.copy_(from));
      Tensor left = torch.randn(new long[] {side, side}, device.options(dtype));
      Tensor right = torch.randn(new long[] {side, side}, device.options(dtype));
      double product = best(device, 20, () -> left.mm(right));
      return new DeviceLimits(2.0 * bytes / copy, 2 * Math.pow(side, 3) / product);
    }
  }

  /** Returns when all that was asked of {@code device} is done. */
  public static void await(Device device) {
    if (!device.equals(Device.CPU)) {
      Gpu.of(device).synchronize();
    }
  }

  private static Scalar one() {
    return new Scalar(1);
  }

  private static double best(Device device, int times, Runnable work) {
    double best = Double.MAX_VALUE;
    for (int round = 0; round < 6; round++) {
      await(device);
      long start = System.nanoTime();
      for (int i = 0; i < times; i++) {
        try (NativeScope scope = NativeScope.open()) {
          work.run();
        }
      }
      await(device);
      best = Math.min(best, (System.nanoTime() - start) / 1e9 / times);
    }
    return best;
  }
}
