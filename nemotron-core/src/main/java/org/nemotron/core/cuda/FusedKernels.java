package org.nemotron.core.cuda;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/**
 * The fused kernels for whole sequences, used beside LibTorch's. Compiled when first needed, and
 * kept until the process ends. Safe for use by several threads.
 */
public final class FusedKernels {
  private static final Map<Device, FusedKernels> OF_DEVICES = new ConcurrentHashMap<>();

  private final Gpu gpu;
  private final CudaModule program;
  private final Map<String, CudaKernel> kernels = new HashMap<>();

  private FusedKernels(Gpu gpu) {
    this.gpu = gpu;
    this.program =
        CudaModule.compile(
            gpu, FusedKernels.class, ImmutableList.of("common.cu", "fused.cu"), ImmutableList.of());
  }

  /** Returns the kernels of {@code device}, compiled on the first call for it. */
  public static FusedKernels of(Device device) {
    return OF_DEVICES.computeIfAbsent(device, key -> new FusedKernels(Gpu.of(key)));
  }

  /** Adds a kernel's arguments. */
  public interface Arguments {
    /** Returns {@code launcher} with the arguments added. */
    @CanIgnoreReturnValue
    KernelLauncher addTo(KernelLauncher launcher);
  }

  /**
   * Enqueues a run of kernel {@code name} on LibTorch's current stream of this thread.
   *
   * @param arguments adds the kernel's
   */
  public void launch(String name, CudaKernel.Shape shape, Arguments arguments) {
    try (NativeScope scope = NativeScope.open();
        CudaStream stream = CudaStream.current(gpu);
        KernelLauncher launcher = new KernelLauncher(stream)) {
      arguments.addTo(launcher);
      kernel(name).launch(launcher, shape);
    }
  }

  private synchronized CudaKernel kernel(String name) {
    return kernels.computeIfAbsent(name, program::kernel);
  }
}
