package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;

/** A process by itself. */
final class SingleProcess implements Communicator {
  static final SingleProcess ALONE = new SingleProcess();

  private SingleProcess() {}

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public int localSize() {
    return 1;
  }

  @Override
  public void allReduce(Tensor tensor, Reduction reduction) {}

  @Override
  public void allGather(Tensor whole, Tensor own) {
    Tensor unused = whole.flatten().copy_(own.flatten(), false);
  }

  @Override
  public void reduceScatter(Tensor own, Tensor whole) {
    Tensor unused = own.flatten().copy_(whole.flatten(), false);
  }

  @Override
  public void broadcast(Tensor tensor, int root) {
    checkArgument(root == 0, "root (%s) must be 0 where one process is alone", root);
  }

  @Override
  public void send(Tensor tensor, int to) {
    throw new IllegalArgumentException("a process that is alone has nobody to send to");
  }

  @Override
  public void receive(Tensor tensor, int from) {
    throw new IllegalArgumentException("a process that is alone has nobody to receive from");
  }

  @Override
  public void barrier(String name) {}

  @Override
  public String shared(String name, String text) {
    return text;
  }

  @Override
  public ImmutableList<String> gathered(String name, String own) {
    return ImmutableList.of(own);
  }

  @Override
  public void at(String stage, long step) {}

  @Override
  public void check() {}

  @Override
  public void failed(String why) {}

  @Override
  public void close() {}
}
