package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkArgument;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.SizeTPointer;
import org.bytedeco.pytorch.global.torch_cuda;
import org.nemotron.core.tensor.Device;

/**
 * A CUDA GPU: its name and its properties. Immutable.
 *
 * @param device the device's name, for example {@code cuda:0}
 * @param model its product name, for example {@code NVIDIA H100 80GB HBM3}
 * @param processors number of streaming multiprocessors
 * @param capability compute capability, times 10: 90 for an H100
 * @param sharedBytes most shared memory of a block, in bytes
 */
public record Gpu(Device device, String model, int processors, int capability, int sharedBytes) {
  /** Returns whether LibTorch's CUDA natives are on the class path and the machine has a GPU. */
  public static boolean isAvailable() {
    try {
      Loader.load(torch_cuda.class);
      return torch_cuda.device_count() > 0;
    } catch (UnsatisfiedLinkError | NoClassDefFoundError absent) {
      return false;
    }
  }

  /** Returns how many GPUs this process sees; 0 without LibTorch's CUDA natives. */
  public static int count() {
    return isAvailable() ? torch_cuda.device_count() : 0;
  }

  /**
   * Checks that this program can work on {@code device}, before it begins to; the CPU always
   * serves.
   *
   * @throws IllegalArgumentException if there is no such GPU, or if the program has no CUDA natives
   */
  public static void check(Device device) {
    if (device.equals(Device.CPU)) {
      return;
    }
    checkArgument(
        isAvailable(),
        "device %s: there is no CUDA GPU, or LibTorch's CUDA natives are missing.\n"
            + "Maybe run with the natives of -Djavacpp.platform=linux-x86_64-gpu, on a machine"
            + " whose driver is installed.",
        device);
    int gpus = torch_cuda.device_count();
    checkArgument(device.index() < gpus, "device %s: this machine has %s GPUs", device, gpus);
  }

  /**
   * Returns the GPU called {@code device}, and makes it this thread's current one.
   *
   * @throws IllegalArgumentException if {@code device} is the CPU, or if there is no such GPU, or
   *     if the program has no CUDA natives
   */
  public static Gpu of(Device device) {
    checkArgument(device.kind().equals("cuda"), "device (%s) must be a GPU", device);
    check(device);
    torch_cuda.set_device((byte) device.index());
    return new Gpu(
        device,
        name(device),
        attribute(cudart.cudaDevAttrMultiProcessorCount, device),
        10 * attribute(cudart.cudaDevAttrComputeCapabilityMajor, device)
            + attribute(cudart.cudaDevAttrComputeCapabilityMinor, device),
        attribute(cudart.cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  }

  private static String name(Device device) {
    return torch_cuda.getDeviceProperties((byte) device.index()).name().getString();
  }

  private static int attribute(int attribute, Device device) {
    int[] value = new int[1];
    CudaException.check(
        cudart.cudaDeviceGetAttribute(value, attribute, device.index()),
        "%s: reading attribute %s",
        device,
        attribute);
    return value[0];
  }

  /**
   * Returns the free memory, in bytes, as the driver counts it: memory that LibTorch caches is not
   * free.
   */
  public long freeBytes() {
    return memory()[0];
  }

  /** Returns the GPU's memory, in bytes. */
  public long totalBytes() {
    return memory()[1];
  }

  /** Returns what all programs have taken of the memory, in bytes, with what LibTorch caches. */
  public long usedBytes() {
    long[] memory = memory();
    return memory[1] - memory[0];
  }

  private long[] memory() {
    torch_cuda.set_device((byte) device.index());
    try (SizeTPointer free = new SizeTPointer(1);
        SizeTPointer total = new SizeTPointer(1)) {
      CudaException.check(cudart.cudaMemGetInfo(free, total), "%s: asking for free memory", device);
      return new long[] {free.get(), total.get()};
    }
  }

  /**
   * Lets kernels of this GPU, on which this thread works, read and write the memory of another one.
   *
   * @return whether they can, atomically too
   */
  public boolean reaches(Device other) {
    torch_cuda.set_device((byte) device.index());
    int[] can = new int[1];
    CudaException.check(
        cudart.cudaDeviceCanAccessPeer(can, device.index(), other.index()),
        "%s: asking whether it reaches %s",
        device,
        other);
    int[] atomics = new int[1];
    CudaException.check(
        cudart.cudaDeviceGetP2PAttribute(
            atomics, cudart.cudaDevP2PAttrNativeAtomicSupported, device.index(), other.index()),
        "%s: asking about atomic operations on %s",
        device,
        other);
    if (can[0] == 0 || atomics[0] == 0) {
      return false;
    }
    int code = cudart.cudaDeviceEnablePeerAccess(other.index(), 0);
    if (code == cudart.cudaErrorPeerAccessAlreadyEnabled) {
      int unusedCleared = cudart.cudaGetLastError(); // LibTorch or NCCL were first
    } else {
      CudaException.check(code, "%s: reaching the memory of %s", device, other);
    }
    return true;
  }

  /** Frees the memory that LibTorch's allocator caches. */
  public void releaseUnused() {
    torch_cuda.getAllocator().emptyCache();
  }

  /** Waits until all work of the GPU is done. */
  public void synchronize() {
    torch_cuda.set_device((byte) device.index());
    CudaException.check(cudart.cudaDeviceSynchronize(), "%s: waiting for it", device);
  }
}
