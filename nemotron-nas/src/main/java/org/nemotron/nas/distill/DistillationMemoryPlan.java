package org.nemotron.nas.distill;

import static com.google.common.primitives.Ints.constrainToRange;

import com.google.common.primitives.Ints;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.library.Candidate;

/**
 * How much is trained at a time in the memory that there is. Immutable.
 *
 * @param team candidates at work side by side
 * @param layers whose candidates train from the same passes of the parent
 */
record DistillationMemoryPlan(int team, int layers) {
  /** LibTorch's allocator leaves gaps, and products need workspaces. */
  private static final double USABLE = 0.85;

  /** bfloat16 tensor, float32 copy and two float32 moments. */
  private static final int BYTES_PER_PARAMETER = 14;

  /** A bfloat16 gradient and its float32 copy, while a step is made. */
  private static final int STEP_BYTES_PER_PARAMETER = 6;

  /** What a forward and a backward pass hold of the stream and of the channels at a time. */
  private static final int STREAM_COPIES = 12;

  private static final int CHANNEL_COPIES = 8;

  /** A step of so much arithmetic keeps a GPU busy: another one beside it only hides pauses. */
  private static final double BUSY_FLOPS = 1e12;

  /**
   * Returns what suits {@code device}.
   *
   * @param tokens of a batch
   */
  static DistillationMemoryPlan of(
      Device device,
      ModelSpec parent,
      Collection<? extends Candidate> candidates,
      long tokens,
      LocalDistillationSettings settings) {
    if (device.equals(Device.CPU)) {
      int all = parent.layers();
      return new DistillationMemoryPlan(
          settings.threads(), settings.residentLayers() == 0 ? all : settings.residentLayers());
    }
    Gpu gpu = Gpu.of(device);
    gpu.releaseUnused();
    return fitting((long) (USABLE * gpu.freeBytes()), parent, candidates, tokens, settings);
  }

  /** Returns what fits into {@code freeBytes}: at least one layer, whether or not it does. */
  static DistillationMemoryPlan fitting(
      long freeBytes,
      ModelSpec parent,
      Collection<? extends Candidate> candidates,
      long tokens,
      LocalDistillationSettings settings) {
    Map<Integer, Long> byLayer = new HashMap<>();
    long largest = 0;
    for (Candidate candidate : candidates) {
      long parameters = parameters(candidate, parent.width());
      byLayer.merge(candidate.layer(), parameters, Long::sum);
      largest = Math.max(largest, parameters);
    }
    int most = settings.threads();
    int team = 6.0 * largest * tokens > BUSY_FLOPS ? Math.min(2, most) : most;
    long workerBytes = workerBytes(parent, tokens, largest);
    team = constrainToRange(Ints.saturatedCast(freeBytes / 2 / workerBytes), 1, team);
    long ofLayer = byLayer.values().stream().mapToLong(Long::longValue).max().orElse(0);
    long layerBytes = BYTES_PER_PARAMETER * ofLayer + 2 * streamBytes(parent, tokens);
    int fitting = Ints.saturatedCast((freeBytes - team * workerBytes) / layerBytes);
    int wanted = settings.residentLayers();
    return new DistillationMemoryPlan(
        team, wanted > 0 ? wanted : constrainToRange(fitting, 1, parent.layers()));
  }

  private static long parameters(Candidate candidate, int width) {
    return candidate.tensorShapes(width).values().stream().mapToLong(Shapes::elements).sum();
  }

  private static long streamBytes(ModelSpec parent, long tokens) {
    return 2L * tokens * parent.width();
  }

  /** A gated network has three matrices of its channels by the width. */
  private static long workerBytes(ModelSpec parent, long tokens, long largest) {
    long channels = largest / (3L * parent.width());
    return STREAM_COPIES * streamBytes(parent, tokens)
        + 2 * CHANNEL_COPIES * tokens * channels
        + STEP_BYTES_PER_PARAMETER * largest;
  }
}
