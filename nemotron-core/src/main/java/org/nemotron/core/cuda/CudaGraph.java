package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;

import org.bytedeco.cuda.cudart.CUgraphExec_st;
import org.bytedeco.cuda.cudart.CUgraph_st;
import org.bytedeco.cuda.global.cudart;
import org.nemotron.core.tensor.NativeScope;

/**
 * Work recorded once and started again with one call: inside a graph a small operation costs about
 * a microsecond, alone about ten.
 *
 * <p>The work reads and writes the memory that it used when it was recorded; the recording code
 * keeps that memory.
 *
 * <p>Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class CudaGraph implements AutoCloseable {
  private final CudaStream stream;
  private final CUgraphExec_st executable;
  private boolean closed;

  private CudaGraph(CudaStream stream, CUgraphExec_st executable) {
    this.stream = stream;
    this.executable = NativeScope.keep(executable);
  }

  /**
   * Records the operations that {@code work} puts into {@code stream}; none of them runs yet.
   *
   * @param work uses memory that is allocated already; does not wait for the GPU
   */
  public static CudaGraph record(CudaStream stream, Runnable work) {
    try (NativeScope scope = NativeScope.open();
        CudaStream.Use use = stream.use()) {
      CudaException.check(
          cudart.cudaStreamBeginCapture(stream.raw(), cudart.cudaStreamCaptureModeThreadLocal),
          "beginning to record");
      CUgraph_st graph = new CUgraph_st();
      try {
        work.run();
      } finally {
        CudaException.check(
            cudart.cudaStreamEndCapture(stream.raw(), graph), "ending the recording");
      }
      CUgraphExec_st executable = new CUgraphExec_st();
      CudaException.check(
          cudart.cudaGraphInstantiate(executable, graph, 0L), "making a graph of a recording");
      CudaException.check(cudart.cudaGraphDestroy(graph), "freeing a recording");
      return new CudaGraph(stream, executable);
    }
  }

  /** Puts the recorded work into the stream that it was recorded on. */
  public void launch() {
    checkState(!closed, "this graph is closed");
    CudaException.check(cudart.cudaGraphLaunch(executable, stream.raw()), "starting a graph");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CudaException.check(cudart.cudaGraphExecDestroy(executable), "freeing a graph");
      NativeScope.release(executable);
    }
  }
}
