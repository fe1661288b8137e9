package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.nemotron.core.cuda.CudaGraph;
import org.nemotron.core.cuda.CudaStream;
import org.nemotron.core.cuda.CudaTimer;

/**
 * Recorded decode steps: one for each number of rows, of a few numbers to which others are rounded
 * up.
 */
final class DecodeGraphs implements AutoCloseable {
  private static final ImmutableList<Integer> SIZES = sizes();

  /** From here on, LibTorch's products of 8-bit floats are fastest at multiples of this. */
  private static final int EIGHT_BITS_MULTIPLE = 128;

  private static final int EIGHT_BITS_FROM = 64;

  private final int most;
  private final boolean eight;
  private final Runnable await;
  private final Map<Integer, CudaGraph> graphs = new HashMap<>();
  private final Map<Integer, CudaGraph> timed = new HashMap<>();
  private final CudaTimer clock;

  /**
   * Makes room for graphs.
   *
   * @param most rows
   * @param eight whether products are of 8-bit floats
   * @param await waits for the stream
   */
  DecodeGraphs(int most, boolean eight, Runnable await) {
    this.most = most;
    this.eight = eight;
    this.await = await;
    this.clock = new CudaTimer(2);
  }

  private static ImmutableList<Integer> sizes() {
    ImmutableList.Builder<Integer> sizes = ImmutableList.builder();
    sizes.add(1, 2, 4);
    for (int step = 8, size = 8; size <= 1024; size += step) {
      sizes.add(size);
      step = size >= 512 ? 128 : size >= 256 ? 64 : size >= 128 ? 32 : size >= 64 ? 16 : 8;
    }
    return sizes.build();
  }

  /** Returns how many rows the step has that serves {@code rows}. */
  int rows(int rows) {
    return SIZES.stream()
        .filter(size -> size >= rows && isFast(size))
        .findFirst()
        .map(this::atMost)
        .orElse(rows);
  }

  private boolean isFast(int size) {
    return !eight || size <= EIGHT_BITS_FROM || size % EIGHT_BITS_MULTIPLE == 0;
  }

  private int atMost(int size) {
    return Math.min(size, most);
  }

  /** Puts the step of {@code rows} rows into the stream; {@code work} does it, layer by layer. */
  void launch(int rows, CudaStream stream, Runnable work) {
    graph(graphs, rows, stream, work).launch();
  }

  /**
   * Returns what each of {@code parts} parts of a step adds to its time, in nanoseconds: the time
   * of the whole step less that of the step without the part. So a part is timed among its
   * neighbors, whose kernels overlap with its own.
   *
   * @param work runs the step without the part of the given number, or all of it for {@code parts}
   */
  ImmutableLongArray partNanos(int rows, CudaStream stream, IntConsumer work, int parts) {
    long whole = nanos(timed(rows, parts, parts, stream, work), stream);
    ImmutableLongArray.Builder nanos = ImmutableLongArray.builder(parts);
    for (int part = 0; part < parts; part++) {
      nanos.add(Math.max(0, whole - nanos(timed(rows, part, parts, stream, work), stream)));
    }
    return nanos.build();
  }

  private CudaGraph timed(int rows, int without, int parts, CudaStream stream, IntConsumer work) {
    return graph(timed, rows * (parts + 1) + without, stream, () -> work.accept(without));
  }

  /** Behind another run of the same, so that the GPU does not wait for the call. */
  private long nanos(CudaGraph graph, CudaStream stream) {
    graph.launch();
    clock.mark(0, stream);
    graph.launch();
    clock.mark(1, stream);
    return clock.nanosBetween(0, 1);
  }

  private CudaGraph graph(
      Map<Integer, CudaGraph> known, int key, CudaStream stream, Runnable work) {
    CudaGraph graph = known.get(key);
    if (graph == null) {
      // Once for real: kernels are compiled and libraries make their room, which no recording may.
      work.run();
      await.run();
      graph = CudaGraph.record(stream, work);
      known.put(key, graph);
    }
    return graph;
  }

  @Override
  public void close() {
    graphs.values().forEach(CudaGraph::close);
    graphs.clear();
    timed.values().forEach(CudaGraph::close);
    timed.clear();
    clock.close();
  }
}
