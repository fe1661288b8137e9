package org.nemotron.nas.library.internal;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.primitives.Ints.constrainToRange;

import com.google.common.primitives.Ints;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.nemotron.core.activation.HiddenStates.Place;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.library.Candidate;

/**
 * How much work runs at a time in the memory of a device. Immutable. Results do not depend on it.
 *
 * <p>The one memory model of distillation and scoring: how many bytes of a GPU may be planned with,
 * what a worker takes while it is at work, and how many workers keep a GPU busy. On the CPU as many
 * work side by side as there are threads.
 *
 * @param gpuBytes free bytes of a GPU that may be used; empty on the CPU
 * @param threads how many workers there are at most
 */
public record MemoryPlan(Optional<Long> gpuBytes, int threads) {
  /** The share of free memory to plan with: allocators leave gaps, products need workspaces. */
  public static final double USABLE = 0.85;

  /** Beside one worker that keeps a GPU busy, a second one hides pauses; a third has no use. */
  private static final int BUSY_WORKERS = 2;

  /** A training step of so much arithmetic keeps a GPU busy. */
  private static final double BUSY_FLOPS = 1e12;

  /** A scoring pass of so many tokens keeps a GPU busy. */
  private static final long BUSY_TOKENS = 16_384;

  /** A forward and a backward pass hold copies of the hidden states and of the channels. */
  private static final Workspace TRAINING = new Workspace(12, 8);

  /** A forward pass holds fewer. */
  private static final Workspace INFERENCE = new Workspace(8, 4);

  /** Training is done in bfloat16. */
  private static final int TRAINING_BYTES = 2;

  /** bfloat16 tensor, float32 copy and two float32 moments. */
  private static final int BYTES_PER_PARAMETER = 14;

  /** A bfloat16 gradient and its float32 copy, while a step is made. */
  private static final int STEP_BYTES_PER_PARAMETER = 6;

  /** Layers of an offloaded parent that are there beside those in use: at work, and the next. */
  public static final int PASSING_LAYERS = 2;

  /** Checks the number of threads. */
  public MemoryPlan {
    checkArgument(threads > 0, "threads (%s) must be positive", threads);
  }

  /** Returns the plan for what is free on {@code device} now. */
  public static MemoryPlan of(Device device, int threads) {
    if (device.equals(Device.CPU)) {
      return new MemoryPlan(Optional.empty(), threads);
    }
    Gpu gpu = Gpu.of(device);
    gpu.releaseUnused();
    return new MemoryPlan(Optional.of((long) (USABLE * gpu.freeBytes())), threads);
  }

  /**
   * How candidates are trained.
   *
   * @param workers candidates at work side by side
   * @param layers whose candidates train from the same passes of the parent
   */
  public record Training(int workers, int layers) {}

  /**
   * How a batch is scored.
   *
   * @param workers passes side by side
   * @param hiddenStates where the parent's hidden states wait for the passes
   */
  public record Scoring(int workers, Place hiddenStates) {}

  /**
   * Returns how {@code candidates} are trained: at least one layer, whether or not it fits.
   *
   * @param tokens of a batch
   * @param residentLayers how many layers are wanted; 0 for as many as fit
   * @param parentLayerBytes of a layer of the parent that comes to the device for its candidates; 0
   *     where all are there
   */
  public Training training(
      ModelSpec parent,
      Collection<? extends Candidate> candidates,
      long tokens,
      int residentLayers,
      long parentLayerBytes) {
    if (gpuBytes.isEmpty()) {
      return new Training(threads, residentLayers > 0 ? residentLayers : parent.layers());
    }
    long free = gpuBytes.orElseThrow();
    long workerBytes = workerBytes(parent, candidates, tokens);
    boolean busy = 6.0 * largest(candidates, parent.width()) * tokens > BUSY_FLOPS;
    int workers = workers(free / 2, workerBytes, busy);
    long layerBytes = layerBytes(parent, candidates, tokens) + parentLayerBytes;
    long beside = workers * workerBytes + PASSING_LAYERS * parentLayerBytes;
    int fitting = Ints.saturatedCast((free - beside) / layerBytes);
    return new Training(
        workers,
        residentLayers > 0 ? residentLayers : constrainToRange(fitting, 1, parent.layers()));
  }

  /**
   * Returns what the candidates of a layer take, at most, with the hidden states that they need.
   */
  public static long layerBytes(
      ModelSpec parent, Collection<? extends Candidate> candidates, long tokens) {
    Map<Integer, Long> byLayer = new HashMap<>();
    for (Candidate candidate : candidates) {
      byLayer.merge(candidate.layer(), parameters(candidate, parent.width()), Long::sum);
    }
    long ofLayer = byLayer.values().stream().mapToLong(Long::longValue).max().orElse(0);
    return BYTES_PER_PARAMETER * ofLayer + 2 * TRAINING_BYTES * tokens * parent.width();
  }

  /** Returns what the largest layer of {@code parent} takes, in bytes. */
  public static long parentLayerBytes(ModelSpec parent, int elementBytes) {
    return parent.blocks().stream()
        .mapToLong(block -> Shapes.elements(block.tensorShapes(parent.width()).values()))
        .map(elements -> elements * elementBytes)
        .max()
        .orElse(0);
  }

  /** Returns what a worker takes that trains the largest of {@code candidates}, in bfloat16. */
  public static long workerBytes(
      ModelSpec parent, Collection<? extends Candidate> candidates, long tokens) {
    return trainingBytes(parent, tokens, largest(candidates, parent.width()));
  }

  private static long largest(Collection<? extends Candidate> candidates, int width) {
    return candidates.stream().mapToLong(one -> parameters(one, width)).max().orElse(0);
  }

  private static long parameters(Candidate candidate, int width) {
    return candidate.tensorShapes(width).values().stream().mapToLong(Shapes::elements).sum();
  }

  /** A gated FFN has three matrices of its channels by the width. */
  private static long trainingBytes(ModelSpec parent, long tokens, long largest) {
    long channels = largest / (3L * parent.width());
    return TRAINING.bytes(tokens, parent.width(), channels, TRAINING_BYTES)
        + STEP_BYTES_PER_PARAMETER * largest;
  }

  /**
   * Returns how batches are scored: at least one pass at a time, whether or not it fits.
   *
   * @param place where hidden states are wanted; empty for on the device if they fit there
   */
  public Scoring scoring(ScoringNeed need, Optional<Place> place) {
    if (gpuBytes.isEmpty()) {
      return new Scoring(threads, place.orElse(Place.DEVICE));
    }
    long besidesLogits = gpuBytes.orElseThrow() - need.logitsBytes();
    boolean allFit = besidesLogits - need.statesBytes() >= need.passBytes();
    Place chosen = place.orElse(allFit ? Place.DEVICE : Place.HOST);
    long bytes = besidesLogits - (chosen == Place.DEVICE ? need.statesBytes() : 0);
    return new Scoring(workers(bytes, need.passBytes(), need.busy()), chosen);
  }

  /**
   * Returns how many pieces of work of {@code bytes} each go on side by side: at least one, whether
   * or not it fits.
   */
  public int fitting(long bytes) {
    return gpuBytes.map(free -> workers(free, bytes, false)).orElse(threads);
  }

  private int workers(long bytes, long workerBytes, boolean busy) {
    int most = busy ? Math.min(BUSY_WORKERS, threads) : threads;
    return constrainToRange(Ints.saturatedCast(bytes / workerBytes), 1, most);
  }

  /**
   * What the scoring of a batch takes.
   *
   * @param statesBytes of the parent's hidden states, at every layer's input and between its halves
   * @param logitsBytes of its logits
   * @param passBytes of a pass at work
   * @param busy whether one pass keeps a GPU busy
   */
  public record ScoringNeed(long statesBytes, long logitsBytes, long passBytes, boolean busy) {
    /**
     * Returns what a batch of {@code tokens} takes.
     *
     * @param candidatesPerPass how many candidates share a pass
     */
    public static ScoringNeed of(
        ModelSpec parent, int elementBytes, long tokens, int candidatesPerPass) {
      long stateBytes = tokens * parent.width() * elementBytes;
      long passTokens = tokens * candidatesPerPass;
      int channels =
          parent.blocks().stream().mapToInt(block -> block.ffn().channels()).max().orElse(0);
      return new ScoringNeed(
          (2L * parent.layers() + 1) * stateBytes,
          tokens * parent.vocabularySize() * elementBytes,
          INFERENCE.bytes(passTokens, parent.width(), channels, elementBytes),
          passTokens >= BUSY_TOKENS);
    }
  }

  /** How many copies of hidden states and of an FFN's channels a sub-block holds at a time. */
  private record Workspace(int stateCopies, int channelCopies) {
    long bytes(long tokens, int width, long channels, int elementBytes) {
      return tokens * elementBytes * ((long) stateCopies * width + channelCopies * channels);
    }
  }
}
