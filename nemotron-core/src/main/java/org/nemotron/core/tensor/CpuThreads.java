package org.nemotron.core.tensor;

import static com.google.common.base.Preconditions.checkArgument;

import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/**
 * How many cores one tensor operation may use.
 *
 * <p>Two settings are of use: <em>all</em>, where one stream of operations is to be quick
 * (generation, latency measurement), and <em>one</em>, where several Java threads each run a stream
 * of their own (training many candidates). LibTorch's and OpenBLAS's counts move together: with one
 * thread each, two streams on two cores reach twice the rate of one.
 *
 * <p>The setting is the process's. Results on the CPU depend on it in the last bits, and on the
 * instructions that the libraries choose for the processor (AVX2, AVX-512).
 *
 * <p>OpenBLAS's count is set in the copy of OpenBLAS that its Java binding has loaded. With
 * Bytedeco's jars that is LibTorch's too. Natives in a folder of {@code LD_LIBRARY_PATH} can bring
 * a second copy, whose products use all cores whatever is set here: JavaCPP's cache of that folder
 * must come before it in {@code LD_LIBRARY_PATH}, as in {@code gpu/benchmark.sh}.
 */
public final class CpuThreads {
  private CpuThreads() {}

  /** Returns how many cores this process may use. */
  public static int available() {
    return Runtime.getRuntime().availableProcessors();
  }

  /**
   * Returns how many cores this process may keep busy, parts included: {@link #available}, or less
   * where a cgroup has a quota. With 1.5, two threads stand still for a quarter of the time.
   */
  public static double quota() {
    return Math.min(available(), CpuQuota.ofProcess().orElse(available()));
  }

  private static int leases;

  /**
   * As long as one is open, operations use one core each. Any thread may close it; closing twice is
   * harmless.
   */
  public static final class Lease implements AutoCloseable {
    private boolean closed;

    private Lease() {}

    /** Gives operations all cores again if no other lease is open. */
    @Override
    public void close() {
      if (!closed) {
        closed = true;
        giveBack();
      }
    }
  }

  private static synchronized void giveBack() {
    leases--;
    if (leases == 0) {
      perOperation(available());
    }
  }

  /** Lets an operation use one core only, until the lease closes. */
  public static synchronized Lease onePerOperation() {
    leases++;
    perOperation(1);
    return new Lease();
  }

  /**
   * Lets one operation use {@code threads} cores, for operations of this thread and new threads.
   */
  public static void perOperation(int threads) {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
    try (NativeScope scope = NativeScope.open()) { // OpenBLAS's bindings make a pointer per call
      torch.set_num_threads(threads);
      openblas_nolapack.blas_set_num_threads(threads);
    }
  }
}
