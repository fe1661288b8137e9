package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;

import java.util.function.Supplier;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.cuda.CUDAStream;
import org.bytedeco.pytorch.cuda.CUDAStreamGuard;
import org.bytedeco.pytorch.global.torch_cuda;
import org.nemotron.core.tensor.NativeScope;

/**
 * A queue of work for a GPU: its operations run in order, beside those of other streams.
 *
 * <p>LibTorch owns the streams and assigns them in rotation, so that closing frees this handle
 * only. Safe for use by several threads, which determine the order of operations. Any thread may
 * close it; closing twice is harmless, use after close is refused.
 */
public final class CudaStream implements AutoCloseable {
  private final Gpu gpu;
  private final CUDAStream stream;
  private final CUstream_st raw;
  private boolean closed;

  /** Takes a stream of {@code gpu}. */
  public CudaStream(Gpu gpu) {
    this(gpu, () -> torch_cuda.getStreamFromPool(true, (byte) gpu.device().index()));
  }

  /** Returns the stream of {@code gpu} on which LibTorch works on this thread. */
  public static CudaStream current(Gpu gpu) {
    return new CudaStream(gpu, () -> torch_cuda.getCurrentCUDAStream((byte) gpu.device().index()));
  }

  private CudaStream(Gpu gpu, Supplier<CUDAStream> taken) {
    this.gpu = gpu;
    try (NativeScope scope = NativeScope.open()) {
      this.stream = NativeScope.keep(taken.get());
      this.raw = NativeScope.keep(new CUstream_st(stream.stream()));
    }
  }

  /** Returns the GPU that runs the work. */
  public Gpu gpu() {
    return gpu;
  }

  /**
   * Directs LibTorch's operations on this thread to a stream, until it closes: on the thread that
   * made it, innermost first. Closing twice is harmless.
   */
  public static final class Use implements AutoCloseable {
    private final Thread thread = Thread.currentThread();
    private final CUDAStreamGuard guard;
    private boolean ended;

    private Use(CudaStream of) {
      this.guard = new CUDAStreamGuard(of.stream.asStream());
    }

    /**
     * Restores the stream that this thread used before.
     *
     * @throws IllegalStateException on another thread
     */
    @Override
    public void close() {
      if (ended) {
        return;
      }
      checkState(
          Thread.currentThread() == thread,
          "a stream taken on thread %s must be left there, not on %s",
          thread.getName(),
          Thread.currentThread().getName());
      ended = true;
      guard.close();
    }
  }

  /** Directs LibTorch's operations on this thread to this stream until the result is closed. */
  public Use use() {
    checkState(!closed, "this stream is closed");
    return new Use(this);
  }

  CUstream_st raw() {
    checkState(!closed, "this stream is closed");
    return raw;
  }

  /** Copies {@code bytes} bytes of page-locked memory to the GPU's memory at {@code to}. */
  public void upload(Pointer from, long to, long bytes) {
    copy(new At(to), from, bytes, cudart.cudaMemcpyHostToDevice);
  }

  /** Copies {@code bytes} bytes of the GPU's memory at {@code from} to page-locked memory. */
  public void download(long from, Pointer to, long bytes) {
    copy(to, new At(from), bytes, cudart.cudaMemcpyDeviceToHost);
  }

  private void copy(Pointer to, Pointer from, long bytes, int kind) {
    checkState(!closed, "this stream is closed");
    CudaException.check(
        cudart.cudaMemcpyAsync(to, from, bytes, kind, raw), "copying %s bytes", bytes);
  }

  /** An address on the GPU. */
  private static final class At extends Pointer {
    At(long address) {
      this.address = address;
    }
  }

  /** Returns whether a {@link CudaGraph} is being recorded of it. */
  boolean isRecorded() {
    int[] status = new int[1];
    CudaException.check(cudart.cudaStreamIsCapturing(raw, status), "asking about a recording");
    return status[0] != cudart.cudaStreamCaptureStatusNone;
  }

  /** Lets what is queued here from now on come behind {@code mark} of another stream. */
  public void waitFor(CudaMark mark) {
    checkState(!closed, "this stream is closed");
    CudaException.check(
        cudart.cudaStreamWaitEvent(raw, mark.event(), cudart.cudaEventWaitDefault),
        "waiting for another stream");
  }

  /** Returns whether all work of this stream is done; does not wait. */
  public boolean isDone() {
    checkState(!closed, "this stream is closed");
    int code = cudart.cudaStreamQuery(raw);
    if (code == cudart.cudaErrorNotReady) {
      return false;
    }
    CudaException.check(code, "asking whether a stream is done");
    return true;
  }

  /** Waits until all work of this stream is done. */
  public void synchronize() {
    checkState(!closed, "this stream is closed");
    CudaException.check(cudart.cudaStreamSynchronize(raw), "waiting for a stream");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      NativeScope.release(raw);
      NativeScope.release(stream);
    }
  }
}
