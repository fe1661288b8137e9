package org.nemotron.core.distributed;

import org.bytedeco.pytorch.Tensor;

/** A library that moves tensors between ranks; the methods are those of {@link Communicator}. */
interface Transport extends AutoCloseable {
  void allReduce(Tensor tensor, Reduction reduction);

  void allGather(Tensor whole, Tensor own);

  void reduceScatter(Tensor own, Tensor whole);

  void broadcast(Tensor tensor, int root);

  void send(Tensor tensor, int to);

  void receive(Tensor tensor, int from);

  /** Ends what waits for a rank that is gone; called by any thread. */
  void abort();

  @Override
  void close();
}
