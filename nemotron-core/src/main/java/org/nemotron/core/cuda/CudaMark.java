package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;

import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;
import org.nemotron.core.tensor.NativeScope;

/**
 * A point in a stream's work, which other streams can {@linkplain CudaStream#waitFor wait for}.
 *
 * <p>Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class CudaMark implements AutoCloseable {
  private final CUevent_st event;
  private boolean closed;

  /** Marks what has been queued on {@code stream} so far. */
  public CudaMark(CudaStream stream) {
    try (NativeScope scope = NativeScope.open()) {
      CUevent_st made = new CUevent_st();
      CudaException.check(
          cudart.cudaEventCreateWithFlags(made, cudart.cudaEventDisableTiming), "making an event");
      this.event = NativeScope.keep(made);
    }
    CudaException.check(cudart.cudaEventRecord(event, stream.raw()), "marking a stream");
  }

  CUevent_st event() {
    checkState(!closed, "this mark is closed");
    return event;
  }

  /** Frees the event; streams that wait for it go on doing so. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      CudaException.check(cudart.cudaEventDestroy(event), "freeing an event");
      NativeScope.release(event);
    }
  }
}
