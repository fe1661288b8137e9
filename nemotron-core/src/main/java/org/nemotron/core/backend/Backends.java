package org.nemotron.core.backend;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.time.Duration;
import java.util.Collections;
import java.util.stream.IntStream;
import org.nemotron.core.backend.cpu.CpuBackend;
import org.nemotron.core.backend.cuda.CudaBackend;
import org.nemotron.core.backend.parallel.TensorParallelBackend;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.Device;

/** The backends that there are: a team of threads on the CPU, and one for each CUDA GPU. */
public final class Backends {
  private static final Duration PATIENCE =
      Duration.ofSeconds(Integer.getInteger("nemotron.ranks.patienceSeconds", 60));

  /** About as long as a step takes, and the engine's work between two. */
  private static final long GPU_SPIN_NANOS = 20_000_000;

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
   * Returns a backend whose models are computed by {@code degree} ranks together, each with a slice
   * of every layer: on the GPUs from {@code device} on, one for each; on the CPU as many groups of
   * threads, which is no faster than one, and computes the same.
   *
   * <p>A rank that fails, or keeps the others waiting for more than a minute, ends the step with a
   * {@link org.nemotron.core.distributed.RankFailureException} that names it; the backend and its
   * models can only be closed then. {@code -Dnemotron.ranks.patienceSeconds} sets another time.
   *
   * @param threads how many threads compute on the CPU, of all ranks together; at least one of each
   * @param degree how many ranks; 1: see {@link #of(Device, int)}
   * @throws IllegalArgumentException if there are fewer GPUs
   */
  public static InferenceBackend of(Device device, int threads, int degree) {
    checkArgument(degree > 0, "the degree of tensor parallelism (%s) must be positive", degree);
    if (degree == 1) {
      return of(device, threads);
    }
    return device.equals(Device.CPU)
        ? new TensorParallelBackend(
            Collections.nCopies(degree, "cpu"),
            rank -> new CpuBackend(Math.max(1, threads / degree)),
            PATIENCE,
            0)
        : onGpus(device, degree);
  }

  private static InferenceBackend onGpus(Device first, int degree) {
    int gpus = Gpu.count();
    checkArgument(
        first.index() + degree <= gpus,
        "tensor parallelism over %s GPUs from %s on needs %s GPUs, and there are %s",
        degree,
        first,
        first.index() + degree,
        gpus);
    ImmutableList<Device> devices =
        IntStream.range(first.index(), first.index() + degree)
            .mapToObj(index -> Device.parse("cuda:" + index))
            .collect(ImmutableList.toImmutableList());
    return new TensorParallelBackend(
        devices.stream().map(Device::toString).toList(),
        rank -> new CudaBackend(devices.get(rank)),
        PATIENCE,
        GPU_SPIN_NANOS);
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
