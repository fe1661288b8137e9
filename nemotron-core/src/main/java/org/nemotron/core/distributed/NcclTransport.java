package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.io.BaseEncoding;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.cuda.global.nccl;
import org.bytedeco.cuda.nccl.ncclComm;
import org.bytedeco.cuda.nccl.ncclUniqueId;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch_cuda;
import org.bytedeco.pytorch.global.torch_nccl;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;

/**
 * NCCL itself, on the stream that LibTorch uses on the calling thread: calls only queue work. There
 * is no watchdog; the communicator's beats find who is missing, and {@link #abort} then ends the
 * kernels that wait.
 */
final class NcclTransport implements Transport {
  private final int rank;
  private final int size;
  private final Device device;
  private final ncclComm comm;
  private final AtomicBoolean ended = new AtomicBoolean();

  /**
   * Connects all ranks, each with its GPU; returns when all have come.
   *
   * @param ofRank0 gives all ranks the text that rank 0 has
   */
  NcclTransport(int rank, int size, Device device, UnaryOperator<String> ofRank0) {
    this.rank = rank;
    this.size = size;
    this.device = device;
    String unused = Loader.load(torch_nccl.class);
    Gpu gpu = Gpu.of(device); // makes it this thread's
    checkArgument(gpu.device().equals(device), "NCCL needs a GPU, not %s", device);
    try (NativeScope scope = NativeScope.open()) {
      ncclUniqueId id = new ncclUniqueId();
      byte[] bytes = new byte[nccl.NCCL_UNIQUE_ID_BYTES];
      if (rank == 0) {
        check(nccl.ncclGetUniqueId(id), "making an id");
        BytePointer unusedId = new BytePointer(id).get(bytes);
      }
      byte[] shared =
          BaseEncoding.base16().decode(ofRank0.apply(BaseEncoding.base16().encode(bytes)));
      BytePointer unusedShared = new BytePointer(id).put(shared);
      comm = NativeScope.keep(new ncclComm());
      check(nccl.ncclCommInitRank(comm, size, id, rank), "connecting " + size + " GPUs");
    }
  }

  private void check(int code, String what) {
    if (code != nccl.ncclSuccess) {
      throw new RankFailureException(
          "rank "
              + rank
              + " of "
              + size
              + ", "
              + device
              + ": NCCL failed at "
              + what
              + " ("
              + nccl.ncclGetErrorString(code).getString()
              + ").\nMaybe run it with NCCL_DEBUG=WARN, which says why; in a container, /dev/shm"
              + " may be too small.");
    }
  }

  private CUstream_st stream() {
    return torch_cuda.getCurrentCUDAStream((byte) device.index()).stream();
  }

  private static int type(Tensor tensor) {
    return switch (DType.of(tensor)) {
      case FLOAT32 -> nccl.ncclFloat32;
      case BFLOAT16 -> nccl.ncclBfloat16;
      case FLOAT16 -> nccl.ncclFloat16;
      case INT64 -> nccl.ncclInt64;
      default ->
          throw new IllegalArgumentException(
              "element type " + DType.of(tensor) + " does not travel between GPUs");
    };
  }

  @Override
  public void allReduce(Tensor tensor, Reduction reduction) {
    int operation =
        switch (reduction) {
          case SUM -> nccl.ncclSum;
          case MAX -> nccl.ncclMax;
        };
    check(
        nccl.ncclAllReduce(
            tensor.data_ptr(),
            tensor.data_ptr(),
            tensor.numel(),
            type(tensor),
            operation,
            comm,
            stream()),
        "all-reduce");
  }

  @Override
  public void allGather(Tensor whole, Tensor own) {
    check(
        nccl.ncclAllGather(
            own.data_ptr(), whole.data_ptr(), own.numel(), type(own), comm, stream()),
        "all-gather");
  }

  @Override
  public void reduceScatter(Tensor own, Tensor whole) {
    check(
        nccl.ncclReduceScatter(
            whole.data_ptr(), own.data_ptr(), own.numel(), type(own), nccl.ncclSum, comm, stream()),
        "reduce-scatter");
  }

  @Override
  public void broadcast(Tensor tensor, int root) {
    check(
        nccl.ncclBroadcast(
            tensor.data_ptr(),
            tensor.data_ptr(),
            tensor.numel(),
            type(tensor),
            root,
            comm,
            stream()),
        "broadcast");
  }

  @Override
  public void send(Tensor tensor, int to) {
    check(
        nccl.ncclSend(tensor.data_ptr(), tensor.numel(), type(tensor), to, comm, stream()), "send");
  }

  @Override
  public void receive(Tensor tensor, int from) {
    check(
        nccl.ncclRecv(tensor.data_ptr(), tensor.numel(), type(tensor), from, comm, stream()),
        "receive");
  }

  @Override
  public void abort() {
    if (!ended.getAndSet(true)) {
      int unused = nccl.ncclCommAbort(comm);
    }
  }

  @Override
  public void close() {
    if (!ended.getAndSet(true)) {
      int unused = nccl.ncclCommFinalize(comm);
      int unusedToo = nccl.ncclCommDestroy(comm);
    }
    NativeScope.release(comm);
  }
}
