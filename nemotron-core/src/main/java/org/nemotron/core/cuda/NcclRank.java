package org.nemotron.core.cuda;

import static com.google.common.base.Preconditions.checkState;

import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.cuda.nccl.ncclUniqueId;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.global.torch_nccl;
import org.nemotron.core.tensor.NativeScope;

/**
 * One GPU's part of an NCCL communicator whose GPUs belong to threads of one process. Calls put
 * work into one stream, also while a {@link CudaGraph} is recorded of it; they wait for nothing.
 *
 * <p>NCCL reduces each element once and hands the result on, so that all GPUs have the same bits.
 *
 * <p>Used by one thread at a time. Graphs that have its work must be closed before it is: NCCL
 * waits for them. Closing twice is harmless, use after close is refused.
 */
public final class NcclRank implements AutoCloseable {
  private final int rank;
  private final CudaStream stream;
  private final ncclComm comm;
  private final AtomicBoolean ended = new AtomicBoolean();

  /**
   * Connects; returns when all ranks have come, each on a thread of its own.
   *
   * @param id of {@link #newId}, the same on all ranks
   * @param stream for all work
   */
  public NcclRank(byte[] id, int rank, int size, CudaStream stream) {
    this.rank = rank;
    this.stream = stream;
    try (NativeScope scope = NativeScope.open()) {
      ncclUniqueId shared = new ncclUniqueId();
      BytePointer unused = new BytePointer(shared).put(id);
      this.comm = NativeScope.keep(new ncclComm());
      check(nccl.ncclCommInitRank(comm, size, shared, rank), "connecting " + size + " GPUs");
    }
  }

  /** Returns what ranks recognize each other by. */
  public static byte[] newId() {
    String unusedLibrary = Loader.load(torch_nccl.class);
    byte[] bytes = new byte[nccl.NCCL_UNIQUE_ID_BYTES];
    try (NativeScope scope = NativeScope.open()) {
      ncclUniqueId id = new ncclUniqueId();
      int code = nccl.ncclGetUniqueId(id);
      checkState(code == nccl.ncclSuccess, "NCCL gives no id (%s)", code);
      BytePointer unused = new BytePointer(id).get(bytes);
    }
    return bytes;
  }

  private void check(int code, String what) {
    if (code != nccl.ncclSuccess) {
      throw new CudaException(
          stream.gpu().device()
              + " (rank "
              + rank
              + "): NCCL failed at "
              + what
              + " ("
              + nccl.ncclGetErrorString(code).getString()
              + ").\nMaybe run it with NCCL_DEBUG=WARN, which says why; in a container, /dev/shm"
              + " may be too small.");
    }
  }

  private ncclComm open() {
    checkState(!ended.get(), "this communicator is closed");
    return comm;
  }

  /** Replaces {@code count} bfloat16 values at an address by their sums over all ranks. */
  public void sumBfloat16(long address, long count) {
    try (Pointer at = new Address(address)) {
      check(
          nccl.ncclAllReduce(at, at, count, nccl.ncclBfloat16, nccl.ncclSum, open(), stream.raw()),
          "all-reduce");
    }
  }

  /** Begins calls that are made together, as one that sends and others that receive. */
  public void begin() {
    check(nccl.ncclGroupStart(), "a group");
  }

  /** Puts the calls since {@link #begin} into the stream. */
  public void end() {
    check(nccl.ncclGroupEnd(), "a group");
  }

  /** Sends {@code count} float32 values at an address to another rank. */
  public void sendFloats(long address, long count, int to) {
    try (Pointer at = new Address(address)) {
      check(nccl.ncclSend(at, count, nccl.ncclFloat32, to, open(), stream.raw()), "send");
    }
  }

  /** Receives {@code count} float32 values from another rank at an address. */
  public void receiveFloats(long address, long count, int from) {
    try (Pointer at = new Address(address)) {
      check(nccl.ncclRecv(at, count, nccl.ncclFloat32, from, open(), stream.raw()), "receive");
    }
  }

  /** An address on a GPU. */
  private static final class Address extends Pointer {
    Address(long address) {
      this.address = address;
    }
  }

  /** Ends kernels that wait for a rank that does not come; closes this. */
  public void abort() {
    if (!ended.getAndSet(true)) {
      int unused = nccl.ncclCommAbort(comm);
      NativeScope.release(comm);
    }
  }

  @Override
  public void close() {
    if (!ended.getAndSet(true)) {
      int unused = nccl.ncclCommDestroy(comm);
      NativeScope.release(comm);
    }
  }
}
