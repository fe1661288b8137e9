package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.global.torch_nccl;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Natives;

/**
 * What the processes of one run exchange. Each of them, a <em>rank</em>, calls the same methods in
 * the same order; a call returns when the others have done their part.
 *
 * <p>No call waits for ever: a rank that has failed, is gone (silent for 8 seconds) or has not
 * moved for two hours ends the wait of all others with a {@link RankFailureException} that names
 * it, its stage and its step.
 *
 * <p>Tensors are contiguous, and of the same type and device on all ranks: on the CPU (Gloo), where
 * a call returns when the values are there; or on the communicator's GPU (NCCL), where it returns
 * when the work is queued on LibTorch's current stream of the thread. Used by one thread at a time.
 * Any thread may close it; closing twice is harmless.
 */
public interface Communicator extends AutoCloseable {
  /** Returns the communicator of a process by itself, to which every exchange is a copy or none. */
  static Communicator alone() {
    return SingleProcess.ALONE;
  }

  /**
   * Loads the native libraries that communicators need. A program that starts several processes
   * does so first: they share the files that the libraries are unpacked to, and would else write
   * them at the same time.
   *
   * @param device what the processes will work on
   * @throws IllegalArgumentException if there is no such GPU, or if the program has no CUDA natives
   */
  static void loadNatives(Device device) {
    Natives.load();
    Gpu.check(device);
    String unusedGloo = Loader.load(torch_gloo.class);
    if (!device.equals(Device.CPU)) {
      String unused = Loader.load(torch_nccl.class);
    }
  }

  /**
   * Meets the other ranks, and returns what they exchange by.
   *
   * @param environment which rank this is
   * @param device a GPU, whose tensors then travel by NCCL; or the CPU
   * @param identity what must be the same on all ranks, by name
   * @throws RankFailureException if a rank does not come within five minutes, or another process
   *     has the same rank
   * @throws IllegalArgumentException if another rank has another identity; the message names what
   *     differs
   */
  static Communicator open(
      RankEnvironment environment, Device device, ImmutableMap<String, String> identity) {
    return open(environment, device, identity, ProcessCommunicator.LATE_SECONDS);
  }

  /**
   * Does the same with another patience than two hours.
   *
   * @param lateSeconds how long a rank may stand still before it ends the waits of the others: some
   *     seconds where ranks compute a step together, and more than it takes to load a model
   */
  static Communicator open(
      RankEnvironment environment,
      Device device,
      ImmutableMap<String, String> identity,
      int lateSeconds) {
    checkArgument(lateSeconds > 0, "lateSeconds (%s) must be positive", lateSeconds);
    return environment.size() == 1
        ? alone()
        : ProcessCommunicator.open(environment, device, identity, lateSeconds);
  }

  /** Returns the number of this process, from 0. */
  int rank();

  /** Returns how many processes there are. */
  int size();

  /** Returns how many of them are on this machine. */
  int localSize();

  /** Replaces the values of {@code tensor} by the sum, or another reduction, over all ranks. */
  void allReduce(Tensor tensor, Reduction reduction);

  /**
   * Gathers {@code own} of all ranks, in their order, in {@code whole}.
   *
   * @param whole {@code size} times as many elements as {@code own}
   */
  void allGather(Tensor whole, Tensor own);

  /**
   * Sums {@code whole} over all ranks, and leaves each rank its part of the sum in {@code own}.
   *
   * @param whole {@code size} times as many elements as {@code own}
   */
  void reduceScatter(Tensor own, Tensor whole);

  /** Replaces the values of {@code tensor} by those of rank {@code root}. */
  void broadcast(Tensor tensor, int root);

  /** Sends {@code tensor} to rank {@code to}, which receives it meanwhile. */
  void send(Tensor tensor, int to);

  /** Receives into {@code tensor} what rank {@code from} sends. */
  void receive(Tensor tensor, int from);

  /**
   * Waits until all ranks have come to the barrier of this name.
   *
   * @param name what is waited for, as {@code costs, measured by rank 0}
   */
  void barrier(String name);

  /**
   * Returns the text that rank 0 has for {@code name}, on all ranks.
   *
   * @param text rank 0's; others' does not count
   */
  String shared(String name, String text);

  /** Returns the texts that all ranks have for {@code name}, by rank. */
  ImmutableList<String> gathered(String name, String own);

  /** Notes where this rank is, for the others' messages: a stage and a step; -1: none. */
  void at(String stage, long step);

  /**
   * Throws if another rank has failed or is gone: to be asked after a wait for a GPU, whose
   * exchange with a rank that is gone ends with values that are none.
   *
   * @throws RankFailureException if so
   */
  void check();

  /**
   * Lets the other ranks know that this one fails, so that they end at once. Who leaves by an
   * exception calls it before {@link #close}, which would else wait for exchanges that are under
   * way on a GPU.
   */
  void failed(String why);

  /** Leaves the others; rank 0 waits until all have ended. */
  @Override
  void close();
}
