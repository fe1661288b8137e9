package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.spec.ModelSpec;

/**
 * What one of several ranks holds of a {@link GlobalDistiller}'s work, beside the parent and the
 * child that rank 0 begins with: slices of weights, gradients and optimizer states, and gathered
 * what is in use. With a parent that is divided, one rank alone works so too.
 *
 * @param work of all ranks
 * @param ranks at least one
 */
public record ShardedWork(GlobalWork work, int ranks) {
  private static final long FLOAT32_BYTES = 4;
  private static final long BFLOAT16_BYTES = 2;

  /** Checks the number of ranks. */
  public ShardedWork {
    checkArgument(ranks > 0, "ranks (%s) must be positive", ranks);
  }

  private OptimizerStates states() {
    return work.settings().optimizerStates();
  }

  /**
   * Returns the most tokens of a batch that a rank computes at a time.
   *
   * @param parts that it computes side by side
   */
  private long tokens(int parts) {
    long sequences = ((long) work.batch() + ranks - 1) / ranks;
    int micro = work.settings().microBatch();
    return (micro == 0 ? sequences : Math.min(sequences, (long) micro * parts)) * work.window();
  }

  private long outside() {
    return work.parent().nonBlockParameters();
  }

  /** Returns the parameters of all the child's layers, or of one of them. */
  private long layers() {
    return work.childParameters() - outside();
  }

  private long layer() {
    return layers() / work.parent().layers();
  }

  /** Returns the gradients that a rank keeps until the optimizer's step, of its slice. */
  private long gradients() {
    boolean added = work.settings().microBatch() > 0;
    return states().byLayer() && !added ? outside() / ranks : work.childParameters() / ranks;
  }

  /**
   * Returns the bytes that a rank holds of a divided parent, beside an embedding, final norm and
   * head that are on each: its slice, and gathered the layer at work and the next one.
   */
  public long parentBytes(int elementBytes) {
    ModelSpec parent = work.parent();
    long gathered = 2 * (parent.parameters() - outside()) / parent.layers();
    return elementBytes * (parent.parameters() / ranks + gathered);
  }

  /**
   * Returns the bytes of what is gathered and reduced at a time: what lies outside the layers and
   * one layer, with gradients of each part and their sum in float32.
   */
  private long gathered(int parts, long elementBytes) {
    return (outside() + layer()) * ((1L + parts) * elementBytes + FLOAT32_BYTES);
  }

  /**
   * Returns the bytes of a rank on the CPU.
   *
   * @param parts that a rank's sequences are computed in
   * @param freeBytes of the host for this rank; graphs of gradients are kept where they fit
   */
  public long cpuBytes(int parts, long freeBytes) {
    long moments = states().cpuBytes();
    long states = work.childParameters() / ranks * (2 * FLOAT32_BYTES + moments);
    long graph = tokens(parts) * 2 * work.graphBytesPerToken();
    long least =
        states
            + FLOAT32_BYTES * gradients()
            + gathered(parts, FLOAT32_BYTES)
            + hiddenStates(tokens(parts), FLOAT32_BYTES)
            + graph / work.parent().layers()
            + parts * work.chunkBytesOnCpu();
    return least + kept(graph + FLOAT32_BYTES * layers(), freeBytes - least);
  }

  /** Returns the bytes of the next layer and of the last one's sums, which travel meanwhile. */
  private long onTheirWay() {
    return layer() * (BFLOAT16_BYTES + FLOAT32_BYTES);
  }

  private static long kept(long all, long freeBytes) {
    return Math.min(all, (long) (GraphMemory.SHARE * Math.max(0, freeBytes)));
  }

  private long hiddenStates(long tokens, long elementBytes) {
    ModelSpec parent = work.parent();
    return elementBytes * (parent.layers() + 1) * tokens * parent.width();
  }

  /** Returns the bytes beside the parent on a rank's GPU without which there is no step. */
  public long leastGpuBytes() {
    return work.childParameters() / ranks * (BFLOAT16_BYTES + states().gpuBytes())
        + FLOAT32_BYTES * gradients()
        + gathered(1, BFLOAT16_BYTES)
        + onTheirWay()
        + hiddenStates(tokens(1), BFLOAT16_BYTES)
        + tokens(1) * work.graphBytesPerToken() / work.parent().layers()
        + BFLOAT16_BYTES * work.chunkElementsOnGpu(tokens(1));
  }

  /** Returns the bytes beside the parent on a rank's GPU that has so many of them free. */
  public long gpuBytes(long freeBytes) {
    long least = leastGpuBytes();
    long graph = tokens(1) * work.graphBytesPerToken() + BFLOAT16_BYTES * layers();
    return least + kept(graph, freeBytes - least);
  }
}
