package org.nemotron.core.backend.cuda;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import org.nemotron.core.backend.parallel.RankBackend;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.cuda.GpuMemoryException;
import org.nemotron.core.cuda.KernelLauncher;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;

/** A GPU, with the stream and the kernels of its steps. */
public final class CudaBackend implements RankBackend {
  private static final int USUAL_ROWS = 8192;

  /** Ada and Hopper brought products of 8-bit floats. */
  private static final int EIGHT_BITS_CAPABILITY = 89;

  private final Gpu gpu;
  private final CudaStream stream;
  private final KernelLauncher launcher;
  private final StepKernels kernels;
  private final Resources parts;
  private boolean closed;

  public CudaBackend(Device device) {
    this.gpu = Gpu.of(device);
    try (Resources made = new Resources()) {
      this.stream = made.add(new CudaStream(gpu), CudaStream::close);
      this.launcher = made.add(new KernelLauncher(stream), KernelLauncher::close);
      this.kernels = made.add(new StepKernels(gpu), StepKernels::close);
      this.parts = made.complete();
    }
  }

  Device device() {
    return gpu.device();
  }

  CudaStream stream() {
    return stream;
  }

  KernelLauncher launcher() {
    return launcher;
  }

  StepKernels kernels() {
    return kernels;
  }

  @Override
  public WeightFormat bestFormat() {
    return WeightFormat.BFLOAT16;
  }

  @Override
  public int usualRows() {
    return USUAL_ROWS;
  }

  @Override
  public long bytesPerPage(RankShare share, KvFormat format) {
    checkServes(format);
    return CudaKvCache.bytesPerPage(share, format);
  }

  @Override
  public InferenceModel prepare(
      RankShare share, RankMember member, WeightSource weights, ModelFormat format, int maxRows) {
    checkState(!closed, "this device is closed");
    checkServes(format.layers(), "format");
    checkServes(format.head(), "format of the head");
    checkEightBits(format.hasEightBits(), "format");
    new WeightRoom(share, format)
        .shortage(gpu.device().toString(), gpu.totalBytes())
        .ifPresent(
            shortage -> {
              throw new GpuMemoryException(shortage);
            });
    try (CudaStream.Use use = stream.use()) {
      CudaRanks ranks = parts.add(new CudaRanks(member, stream), CudaRanks::close);
      InferenceModel ready = new CudaModel(share, ranks, weights, this, format, maxRows);
      stream.synchronize();
      gpu.releaseUnused();
      return ready;
    } catch (RuntimeException e) {
      throw CudaFailures.explained(e, gpu.device());
    }
  }

  private static void checkServes(WeightFormat format, String which) {
    checkArgument(
        format == WeightFormat.BFLOAT16 || format == WeightFormat.FLOAT8_E4M3,
        "%s (%s) must be BFLOAT16 or FLOAT8_E4M3 on a GPU",
        which,
        format);
  }

  /** Checks that this GPU holds keys and values so. */
  void checkServes(KvFormat format) {
    checkEightBits(format == KvFormat.FLOAT8_E4M3, "format of the KV cache");
  }

  private void checkEightBits(boolean wanted, String what) {
    checkArgument(
        !wanted || gpu.capability() >= EIGHT_BITS_CAPABILITY,
        "%s (FLOAT8_E4M3) needs a GPU of compute capability 8.9 or more, and %s has %s.%s",
        what,
        gpu.model(),
        gpu.capability() / 10,
        gpu.capability() % 10);
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
