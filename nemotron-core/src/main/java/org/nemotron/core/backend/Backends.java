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

  /** Returns the leanest format in which {@code device} multiplies fast, without opening it. */
  public static WeightFormat bestFormat(Device device) {
    return device.equals(Device.CPU) ? CpuBackend.bestWeightFormat() : WeightFormat.BFLOAT16;
  }
}
