package org.nemotron.nas.distill;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.nas.estimate.Work;
import org.nemotron.nas.estimate.WorkKind;

/**
 * What a {@link GlobalDistiller} computes and holds, for a child that is not known yet.
 *
 * @param share of the parent's layers that the child's are taken to have, in work and in weights
 * @param batch sequences of a batch
 * @param window tokens of a sequence
 * @param evaluated tokens that the child is measured on each time
 */
public record GlobalWork(
    ModelSpec parent,
    double share,
    GlobalDistillationSettings settings,
    int batch,
    int window,
    long evaluated) {
  private static final long FLOAT32_BYTES = 4;
  private static final long BFLOAT16_BYTES = 2;

  /** What LibTorch's operations hold of a chunk of log-probabilities, forward and backward. */
  private static final long CHUNK_COPIES = 6;

  /** Logits of parent and child, and their gradients, where one kernel compares them. */
  private static final long KERNEL_COPIES = 3;

  /** Checks the share. */
  public GlobalWork {
    checkArgument(share > 0 && share <= 1, "share (%s) must lie above 0, up to 1", share);
  }

  /** Returns all steps: the parent there, the child there and back. */
  public Work training() {
    PassFlops pass = new PassFlops(parent, window);
    double trained = parent.blocks().stream().mapToDouble(pass::trained).sum();
    long tokens = settings.steps() * batchTokens();
    return new Work(
        WorkKind.GLOBAL_TRAINING,
        tokens,
        tokens * (pass.blocks(0, parent.layers()) + share * trained),
        tokens * 4 * pass.head());
  }

  /** Returns the measurements of the child before, between and behind. */
  public Work evaluations() {
    PassFlops pass = new PassFlops(parent, window);
    int times = 1 + (settings.steps() + settings.evaluateEvery() - 1) / settings.evaluateEvery();
    long tokens = times * evaluated;
    return new Work(
        WorkKind.EVALUATION,
        tokens,
        tokens * (1 + share) * pass.blocks(0, parent.layers()),
        tokens * 2 * pass.head());
  }

  private long batchTokens() {
    return (long) batch * window;
  }

  /** Returns the child's parameters. */
  public long childParameters() {
    return parent.nonBlockParameters() + Math.round(share * blockParameters());
  }

  private long blockParameters() {
    return parent.parameters() - parent.nonBlockParameters();
  }

  /** Returns the bytes of the machine's memory where the child is trained on a GPU. */
  public long hostBytes() {
    return settings.optimizerStates().hostBytes() * childParameters();
  }

  /** Returns the bytes beside the parent on the CPU: child, best child, gradients and moments. */
  public long cpuBytes(int parts) {
    int micro = settings.microBatch();
    long atATime = micro == 0 ? batchTokens() : Math.min(batch, (long) micro * parts) * window;
    long states = settings.optimizerStates().cpuBytes();
    return ((2 + parts) * FLOAT32_BYTES + states) * childParameters()
        + atATime * 2 * graphBytesPerToken()
        + parts * chunkBytesOnCpu();
  }

  /** Returns what a part of a batch takes where logits are compared on the CPU. */
  long chunkBytesOnCpu() {
    return CHUNK_COPIES * FLOAT32_BYTES * GlobalLoss.chunkElements(parent, window, false);
  }

  /** Returns how many elements there are where logits of {@code tokens} are compared on a GPU. */
  long chunkElementsOnGpu(long tokens) {
    return chunkElementsOnGpu(parent, tokens);
  }

  static long chunkElementsOnGpu(ModelSpec parent, long tokens) {
    return KERNEL_COPIES * GlobalLoss.chunkElements(parent, tokens, true);
  }

  /** Returns the bytes beside the parent on a GPU without which there is no step. */
  public long leastGpuBytes() {
    int micro = settings.microBatch();
    return Math.min(
        gpuBytes(0, micro == 0 ? batch : Math.min(batch, micro)),
        gpuBytes(0, micro == 0 ? 1 : Math.min(batch, micro)));
  }

  /**
   * Returns the bytes beside the parent on a GPU that has so many of them free. Logits are compared
   * while graphs are kept, and gradients take the place of graphs on the way back.
   */
  public long gpuBytes(long freeBytes) {
    return gpuBytes(freeBytes, sequences(freeBytes));
  }

  /** Returns how many sequences are computed at a time. */
  private int sequences(long freeBytes) {
    if (settings.microBatch() > 0) {
      return Math.min(batch, settings.microBatch());
    }
    int sequences = batch;
    while (sequences > 1 && gpuBytes(0, sequences) > freeBytes) {
      sequences--;
    }
    return sequences;
  }

  private long gpuBytes(long freeBytes, int sequences) {
    long tokens = (long) sequences * window;
    long held =
        BFLOAT16_BYTES * childParameters()
            + settings.optimizerStates().gpuBytes() * childParameters()
            + BFLOAT16_BYTES * (parent.layers() + 1) * tokens * parent.width();
    long logits = chunkElementsOnGpu(tokens);
    long head = (long) parent.vocabularySize() * parent.width();
    long graph = tokens * graphBytesPerToken();
    long ofLayer = graph / parent.layers();
    long added = sequences < batch ? BFLOAT16_BYTES * childParameters() : 0;
    long comparing = held + added + BFLOAT16_BYTES * (logits + head) + ofLayer;
    long back = held + Math.max(added, BFLOAT16_BYTES * gradients()) + fetched() + ofLayer;
    long free = Math.max(0, freeBytes - Math.max(comparing, back));
    long kept = Math.min(graph - ofLayer, (long) (GraphMemory.SHARE * free));
    return Math.max(comparing + kept, back);
  }

  /** Returns how many gradients there are at a time: all, or those outside layers and of one. */
  private long gradients() {
    return settings.optimizerStates().byLayer()
        ? parent.nonBlockParameters() + ofLayer()
        : childParameters();
  }

  private long ofLayer() {
    return blockParameters() / parent.layers();
  }

  /** Returns the bytes of states that are fetched at a time: of two layers, or of the embedding. */
  private long fetched() {
    long embedding = (long) parent.vocabularySize() * parent.width();
    return settings.optimizerStates().hostBytes() * Math.max(2 * ofLayer(), embedding);
  }

  /** Returns what the graph of all layers keeps of a token, with bfloat16 elements. */
  long graphBytesPerToken() {
    long sum = 0;
    for (BlockSpec block : parent.blocks()) {
      sum += GraphMemory.bytesPerToken(parent, block);
    }
    return Math.round(share * sum);
  }

  /**
   * Returns the bytes of a saved state: child, best child and moments; none where the child is not
   * measured before its end.
   */
  public long checkpointBytes(int elementBytes) {
    if (settings.evaluateEvery() >= settings.steps()) {
      return 0;
    }
    OptimizerStates states = settings.optimizerStates();
    long moments = elementBytes == BFLOAT16_BYTES ? states.savedBytes() : states.cpuBytes();
    return (2L * elementBytes + moments) * childParameters();
  }
}
