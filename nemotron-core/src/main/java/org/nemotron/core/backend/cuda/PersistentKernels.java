package org.nemotron.core.backend.cuda;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The {@link PersistentKernel}s of a session, listed when they are first needed. */
final class PersistentKernels implements AutoCloseable {
  private final StepKernels kernels;
  private final CudaWorkspace space;
  private final CudaPeers peers;
  private final ImmutableMap<Integer, PersistentKernelShape> shapes;
  private final boolean eight;
  private final Map<Key, PersistentKernel> known = new HashMap<>();

  /** Which of the steps: how many rows it has, and which layer it leaves out. */
  private record Key(int rows, int without) {}

  /**
   * Begins with none listed.
   *
   * @param eight whether pages are 8-bit floats
   */
  PersistentKernels(
      StepKernels kernels,
      CudaWorkspace space,
      CudaPeers peers,
      ImmutableMap<Integer, PersistentKernelShape> shapes,
      boolean eight) {
    this.kernels = kernels;
    this.space = space;
    this.peers = peers;
    this.shapes = shapes;
    this.eight = eight;
  }

  /** Returns whether steps of so many rows are made here. */
  boolean serves(int rows) {
    return shapes.containsKey(rows);
  }

  /**
   * Returns the step of {@code rows} rows.
   *
   * @param without the layer that is left out, or any number that no layer has
   * @param list says what is done, where the step is not known yet
   */
  PersistentKernel step(int rows, int without, Consumer<WorkList> list) {
    return known.computeIfAbsent(new Key(rows, without), key -> made(rows, list));
  }

  private PersistentKernel made(int rows, Consumer<WorkList> list) {
    WorkList parts = new WorkList(space, peers, rows, kernels.gpu().processors());
    list.accept(parts);
    return new PersistentKernel(parts, verifyNotNull(shapes.get(rows)), eight, kernels, peers);
  }

  @Override
  public void close() {
    known.values().forEach(PersistentKernel::close);
    known.clear();
  }
}
