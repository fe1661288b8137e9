package org.nemotron.core.distributed;

import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.ReduceOp;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.nemotron.core.tensor.NativeScope;

/** Gloo, for tensors of the CPU: a call returns when the values are there. */
final class GlooTransport implements Transport {
  /** What Gloo itself waits for; who is missing is found out much earlier, by the beats. */
  private static final long MILLIS = 12L * 60 * 60 * 1000;

  private static final int THREADS = 2;
  private static final int TAG = 0;

  private final ProcessGroupGloo group;

  /**
   * Connects all ranks.
   *
   * @param address of this machine
   * @param connectMillis how long to wait for the others' addresses
   */
  GlooTransport(Store store, int rank, int size, String address, long connectMillis) {
    try (NativeScope scope = NativeScope.open()) {
      ProcessGroupGloo.Options options =
          ProcessGroupGloo.Options.create(new Milliseconds(connectMillis));
      options.devices(new GlooDeviceVector(ProcessGroupGloo.createDeviceForHostname(address)));
      options.threads(THREADS);
      group = NativeScope.keep(new ProcessGroupGloo(store, rank, size, options));
      group.setTimeout(new Milliseconds(MILLIS));
    }
  }

  private static void await(Work work) {
    boolean unused = work._wait(new Milliseconds(MILLIS));
  }

  private static TensorVector only(Tensor tensor) {
    return new TensorVector(tensor);
  }

  @Override
  public void allReduce(Tensor tensor, Reduction reduction) {
    AllreduceOptions options = new AllreduceOptions();
    options.timeout(new Milliseconds(MILLIS));
    options.reduceOp(
        new ReduceOp(
            switch (reduction) {
              case SUM -> ReduceOp.RedOpType.SUM;
              case MAX -> ReduceOp.RedOpType.MAX;
            }));
    await(group.allreduce(only(tensor), options));
  }

  @Override
  public void allGather(Tensor whole, Tensor own) {
    await(group._allgather_base(whole, own));
  }

  @Override
  public void reduceScatter(Tensor own, Tensor whole) {
    await(group._reduce_scatter_base(own, whole));
  }

  @Override
  public void broadcast(Tensor tensor, int root) {
    BroadcastOptions options = new BroadcastOptions();
    options.timeout(new Milliseconds(MILLIS));
    options.rootRank(root);
    await(group.broadcast(only(tensor), options));
  }

  @Override
  public void send(Tensor tensor, int to) {
    await(group.send(only(tensor), to, TAG));
  }

  @Override
  public void receive(Tensor tensor, int from) {
    await(group.recv(only(tensor), from, TAG));
  }

  /** Nobody waits in here but the communicator's thread, which is left to itself. */
  @Override
  public void abort() {}

  @Override
  public void close() {
    NativeScope.release(group);
  }
}
