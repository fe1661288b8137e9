package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.ModelSpec;

/**
 * How the kernel of few rows divides a processor's shared memory: what blocks work on, then the
 * weights that its warps have asked for.
 *
 * @param rows of the step
 * @param headDim of all heads
 * @param groups bit g: some layer's blocks serve g query heads
 * @param room what blocks work on, in vectors of 16 bytes
 * @param slots pieces of weights of each warp
 */
record PersistentKernelShape(int rows, int headDim, int groups, int room, int slots) {
  /** Up to this many rows, a step is limited by memory rather than by arithmetic. */
  static final int MOST_ROWS = 4;

  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;
  private static final int VECTOR_BYTES = 16;
  private static final int SLOT_BYTES = 32 * 8 * VECTOR_BYTES;
  private static final int MOST_SLOTS = 6;
  private static final int FEWEST_SLOTS = 3;

  /** What the kernel has for itself, rounded up. */
  private static final int STATIC_BYTES = 4096;

  /** Copies to shared memory that nobody waits for came with compute capability 8.0. */
  private static final int LEAST_CAPABILITY = 80;

  /** Returns the division for a model, or nothing if the GPU cannot run it so. */
  static Optional<PersistentKernelShape> of(
      Gpu gpu, ModelSpec spec, ImmutableList<CudaBlock> blocks, int rows) {
    int widest = blocks.stream().mapToInt(CudaBlock::innerWidth).max().orElse(0);
    int inputs = Math.max(spec.width(), widest);
    int groups = blocks.stream().mapToInt(CudaBlock::groups).reduce(0, (a, b) -> a | b);
    int served = 31 - Integer.numberOfLeadingZeros(Math.max(1, groups));
    int attention = served * (4 * spec.headDim() * (WARPS + 1) + 8 * WARPS);
    int bytes = Math.max(2 * rows * inputs, attention);
    int room = (bytes + VECTOR_BYTES - 1) / VECTOR_BYTES;
    int left = gpu.sharedBytes() - STATIC_BYTES - room * VECTOR_BYTES;
    int slots = Math.min(MOST_SLOTS, left / (WARPS * SLOT_BYTES));
    return gpu.capability() >= LEAST_CAPABILITY && rows <= MOST_ROWS && slots >= FEWEST_SLOTS
        ? Optional.of(new PersistentKernelShape(rows, spec.headDim(), groups, room, slots))
        : Optional.empty();
  }

  /** Returns one block per processor. */
  Shape blocks(Gpu gpu) {
    return Shape.of(gpu.processors(), THREADS)
        .withShared(room * VECTOR_BYTES + WARPS * slots * SLOT_BYTES);
  }
}
