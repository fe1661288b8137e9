package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import org.bytedeco.cuda.cudart.CUevent_st;
import org.bytedeco.cuda.global.cudart;
import org.nemotron.core.tensor.NativeScope;

/**
 * Events in a stream, at which the GPU records the time; may be part of a {@link CudaGraph}.
 *
 * <p>Any thread may close it; closing twice is harmless, use after close is refused.
 */
public final class CudaTimer implements AutoCloseable {
  private static final double NANOS_PER_MILLI = 1e6;

  private final ImmutableList<CUevent_st> marks;
  private boolean closed;

  /** Makes {@code marks} events. */
  public CudaTimer(int marks) {
    ImmutableList.Builder<CUevent_st> made = ImmutableList.builder();
    try (NativeScope scope = NativeScope.open()) {
      for (int i = 0; i < marks; i++) {
        CUevent_st mark = new CUevent_st();
        CudaException.check(cudart.cudaEventCreate(mark), "making an event");
        made.add(NativeScope.keep(mark));
      }
    }
    this.marks = made.build();
  }

  /** Adds mark {@code index} to {@code stream}, or to the graph that is recorded of it. */
  public void mark(int index, CudaStream stream) {
    checkState(!closed, "this clock is closed");
    int flags = stream.isRecorded() ? cudart.cudaEventRecordExternal : 0;
    CudaException.check(
        cudart.cudaEventRecordWithFlags(marks.get(index), stream.raw(), flags), "marking a stream");
  }

  /** Returns the time from mark {@code from} to mark {@code to}; waits for the latter. */
  public long nanosBetween(int from, int to) {
    checkState(!closed, "this clock is closed");
    CudaException.check(cudart.cudaEventSynchronize(marks.get(to)), "waiting for a mark");
    float[] millis = new float[1];
    CudaException.check(
        cudart.cudaEventElapsedTime(millis, marks.get(from), marks.get(to)), "reading a time");
    return Math.round(millis[0] * NANOS_PER_MILLI);
  }

  /** Returns the times between the first {@code count} marks; waits for the last. */
  public ImmutableLongArray nanosBetweenMarks(int count) {
    ImmutableLongArray.Builder nanos = ImmutableLongArray.builder();
    for (int mark = 1; mark < count; mark++) {
      nanos.add(nanosBetween(mark - 1, mark));
    }
    return nanos.build();
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      marks.forEach(
          mark -> {
            CudaException.check(cudart.cudaEventDestroy(mark), "freeing an event");
            NativeScope.release(mark);
          });
    }
  }
}
