package org.nemotron.nas.distill;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.core.spec.Shapes;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.estimate.WorkKind;
import org.nemotron.nas.library.Candidate;
import org.nemotron.nas.library.CandidateFlops;
import org.nemotron.nas.library.internal.MemoryPlan;

/**
 * What a {@link LocalDistiller} computes and holds.
 *
 * @param candidates those to be trained
 * @param steps batches seen by each
 * @param batch sequences of a batch
 * @param window tokens of a sequence
 */
public record LocalWork(
    ModelSpec parent, ImmutableList<Candidate> candidates, int steps, int batch, int window) {
  private static final int FLOAT32_BYTES = 4;

  /** Float32 weights, their gradients and two moments. */
  private static final int BYTES_PER_PARAMETER = 4 * FLOAT32_BYTES;

  /** Returns one pass of the parent per batch, and each candidate there and back. */
  public Work work() {
    PassFlops pass = new PassFlops(parent, window);
    CandidateFlops flops = new CandidateFlops(pass);
    double perToken = pass.blocks(0, parent.layers());
    for (Candidate candidate : candidates) {
      perToken += candidate.hasWeights() ? flops.trained(candidate) : 0;
    }
    long tokens = steps * batchTokens();
    return new Work(WorkKind.LOCAL_TRAINING, tokens, tokens * perToken, 0);
  }

  private long batchTokens() {
    return (long) batch * window;
  }

  /** Returns the parameters of all candidates. */
  public long parameters() {
    return candidates.stream()
        .mapToLong(one -> Shapes.elements(one.tensorShapes(parent.width()).values()))
        .sum();
  }

  /** Returns the bytes beside parent and starting weights on the CPU, where all train at once. */
  public long cpuBytes(int threads) {
    long states = (2L * parent.layers() + 1) * batchTokens() * parent.width() * FLOAT32_BYTES;
    return BYTES_PER_PARAMETER * parameters()
        + states
        + threads * MemoryPlan.workerBytes(parent, candidates, batchTokens()) * 2;
  }

  /** Returns the bytes beside the parent on a GPU that train {@code layers} layers at a time. */
  public long gpuBytes(int layers) {
    return layers * MemoryPlan.layerBytes(parent, candidates, batchTokens())
        + MemoryPlan.workerBytes(parent, candidates, batchTokens());
  }

  /** Returns how many layers are trained at a time, with a parent that is there as a whole. */
  public int layersAtATime(long freeBytes, int threads, int wanted) {
    return layersAtATime(freeBytes, threads, wanted, 0);
  }

  /**
   * Returns how many layers are trained at a time.
   *
   * @param freeBytes of a GPU beside the parent
   * @param wanted 0 for as many as fit
   * @param parentLayerBytes of a layer of an offloaded parent; 0 where all are there
   */
  public int layersAtATime(long freeBytes, int threads, int wanted, long parentLayerBytes) {
    return new MemoryPlan(Optional.of((long) (MemoryPlan.USABLE * freeBytes)), threads)
        .training(parent, candidates, batchTokens(), wanted, parentLayerBytes)
        .layers();
  }
}
