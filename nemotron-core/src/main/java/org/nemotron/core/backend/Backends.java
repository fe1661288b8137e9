package org.nemotron.core.backend;

import org.nemotron.core.backend.cpu.CpuBackend;
import org.nemotron.core.backend.cuda.CudaBackend;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;

/** The backends that there are: a team of threads on the CPU, and one for each CUDA GPU. */
public final class Backends {
  private Backends() {}

  /**
   * Returns a backend on {@code device}: on the CPU with a thread for each core.
   *
   * @throws IllegalArgumentException if there is no such GPU
   */
  public static InferenceBackend of(Device device) {
    return of(device, CpuThreads.available());
  }

  /**
   * Returns a backend on {@code device}.
   *
   * @param threads how many threads compute on the CPU; without effect on a GPU
   * @throws IllegalArgumentException if there is no such GPU
   */
  public static InferenceBackend of(Device device, int threads) {
    return device.equals(Device.CPU) ? new CpuBackend(threads) : new CudaBackend(device);
  }

  /**
   * Returns the format to hold weights in on {@code device} unless one is asked for, without
   * opening it. On the CPU it is measured, once per process: half precision, unless another format
   * is 1.5 times as fast, and float32 in its place where the processor lacks it.
   */
  public static WeightFormat bestFormat(Device device) {
    return device.equals(Device.CPU) ? CpuBackend.bestWeightFormat() : WeightFormat.BFLOAT16;
  }
}
