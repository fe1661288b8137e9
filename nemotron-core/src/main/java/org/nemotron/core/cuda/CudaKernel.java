package org.nemotron.core.cuda;

import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUlaunchConfig;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.nemotron.core.tensor.NativeScope;

/** A function that a GPU runs with many threads. Belongs to its {@link CudaModule}. */
public final class CudaKernel {
  private static final int FREE_SHARED_BYTES = 48 * 1024;

  private final String name;
  private final CUfunc_st function;
  private int allowedSharedBytes = FREE_SHARED_BYTES;

  CudaKernel(String name, CUfunc_st function) {
    this.name = name;
    this.function = NativeScope.keep(function);
  }

  /**
   * The launch dimensions of a kernel: its blocks, and the threads of each.
   *
   * @param x blocks in the fastest dimension
   * @param y blocks
   * @param z blocks
   * @param threads of a block
   * @param sharedBytes dynamic shared memory of a block
   */
  public record Shape(int x, int y, int z, int threads, int sharedBytes) {
    /** Makes a row of blocks. */
    public static Shape of(int blocks, int threads) {
      return new Shape(blocks, 1, 1, threads, 0);
    }

    /** Returns this with dynamic shared memory. */
    public Shape withShared(int bytes) {
      return new Shape(x, y, z, threads, bytes);
    }
  }

  /**
   * Enqueues a run of this kernel on the stream of {@code launcher}, with the arguments that were
   * added to it, and clears these. It may start while the kernel ahead of it still runs: it must
   * wait for that one ({@code griddepcontrol.wait}) before it touches anything.
   */
  public void launch(KernelLauncher launcher, Shape shape) {
    launch(launcher, shape, launcher.overlapping(shape));
  }

  /**
   * The same for a kernel whose blocks wait for each other: all of them run at once, behind the
   * kernel ahead.
   *
   * @throws CudaException if the GPU cannot hold all of them at once
   */
  public void launchTogether(KernelLauncher launcher, Shape shape) {
    launch(launcher, shape, launcher.together(shape));
  }

  private void launch(KernelLauncher launcher, Shape shape, CUlaunchConfig config) {
    allowShared(shape.sharedBytes());
    CudaException.check(
        cudart.cuLaunchKernelEx(
            config, function, launcher.takeArguments(), new PointerPointer<Pointer>()),
        "kernel %s with %s",
        name,
        shape);
  }

  private void allowShared(int bytes) {
    if (bytes > allowedSharedBytes) {
      allowedSharedBytes = bytes;
      CudaException.check(
          cudart.cuFuncSetAttribute(
              function, cudart.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes),
          "kernel %s: asking for %s bytes of shared memory",
          name,
          bytes);
    }
  }

  void release() {
    NativeScope.release(function);
  }
}
