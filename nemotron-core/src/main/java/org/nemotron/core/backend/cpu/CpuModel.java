package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.BatchChecks;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * Steps on the CPU: weights packed once, layers run by {@link ThreadTeam} in step, keys and values
 * in {@link CpuKvCache}.
 *
 * <p>With {@link WeightFormat#FLOAT16} what it computes for a sequence does not depend, to the last
 * bit, on the other sequences, on how its prompt is cut into chunks, on which pages it has, or on
 * the number of threads.
 */
public final class CpuModel implements InferenceModel {
  // Shape letters in this file: R = rows of a step, D = model width, V = vocabulary.

  private static final String EMBEDDING = "model.embed_tokens.weight";

  /** Rows whose logits are computed together. */
  private static final int HEAD_ROWS = 64;

  private final ModelSpec spec;
  private final ThreadTeam team;
  private final int maxRows;
  private final RotaryCache rotary;
  private final NativeFloats embeddingVD;
  private final ImmutableList<CpuBlock> blocks;
  private final CpuRmsNorm finalNorm;
  private final ColumnParallelLinear head;
  private final CpuWorkspace space;
  private final float[] logits;
  private final Resources parts;
  private boolean closed;

  /**
   * Packs the weights of the model that {@code spec} describes.
   *
   * @param weights on the CPU
   * @param team who computes; they stay the caller's, and must outlive this object
   * @param maxRows how many tokens a step may have
   */
  public CpuModel(
      ModelSpec spec, WeightSource weights, WeightFormat format, ThreadTeam team, int maxRows) {
    checkArgument(maxRows > 0, "maxRows (%s) must be positive", maxRows);
    this.spec = spec;
    this.team = team;
    this.maxRows = maxRows;
    this.rotary = new RotaryCache(spec.rope(), spec.headDim());
    WeightSource checked = weights.checked(spec);
    try (Resources made = new Resources()) {
      this.embeddingVD = made.add(embedding(checked), NativeFloats::close);
      this.blocks = packed(checked, format, made);
      this.finalNorm = finalNorm(checked);
      this.head = made.add(head(checked, format), ColumnParallelLinear::close);
      this.space = made.add(space(format), CpuWorkspace::close);
      this.parts = made.complete();
    }
    this.logits = new float[spec.vocabularySize()];
  }

  private static NativeFloats embedding(WeightSource weights) {
    try (NativeScope scope = NativeScope.open()) {
      return NativeFloats.of(CpuLayerWeights.onCpu(weights.get(EMBEDDING)));
    }
  }

  private CpuRmsNorm finalNorm(WeightSource weights) {
    try (NativeScope scope = NativeScope.open()) {
      return new CpuRmsNorm(weights.get("model.norm.weight"), spec.rmsNormEps());
    }
  }

  private ColumnParallelLinear head(WeightSource weights, WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor headVD = weights.get(spec.tiedEmbeddings() ? EMBEDDING : "lm_head.weight");
      return ColumnParallelLinear.of(
          CpuLayerWeights.onCpu(headVD), CpuLayerWeights.OUTPUTS, team.count(), format);
    }
  }

  private ImmutableList<CpuBlock> packed(
      WeightSource weights, WeightFormat format, Resources made) {
    ImmutableList.Builder<CpuBlock> packed = ImmutableList.builderWithExpectedSize(spec.layers());
    for (int layer = 0; layer < spec.layers(); layer++) {
      CpuLayerWeights own =
          new CpuLayerWeights(weights, layer, spec.rmsNormEps(), format, team.count());
      packed.add(made.add(new CpuBlock(spec.block(layer), own, rotary), CpuBlock::close));
    }
    return packed.build();
  }

  private CpuWorkspace space(WeightFormat format) {
    int rows = PackedWeights.roomFor(Math.max(maxRows, HEAD_ROWS), format);
    int headRows = PackedWeights.roomFor(HEAD_ROWS, format);
    int widest = blocks.stream().mapToInt(CpuBlock::widestProduct).max().orElseThrow();
    return new CpuWorkspace(
        spec.width(),
        rows,
        Math.max(1, blocks.stream().mapToInt(CpuBlock::innerWidth).max().orElseThrow()),
        spec.queryHeads() * spec.headDim(),
        team.count(),
        Math.max((long) rows * widest, (long) headRows * head.widest()));
  }

  @Override
  public ModelSpec spec() {
    return spec;
  }

  @Override
  public int maxRows() {
    return maxRows;
  }

  @Override
  public int maxSequences() {
    return maxRows;
  }

  @Override
  public boolean choosesTokens() {
    return false;
  }

  @Override
  public KvCache newMemory(int pages) {
    checkState(!closed, "this model is closed");
    return new CpuKvCache(spec, pages);
  }

  @Override
  public long weightBytes() {
    return blocks.stream().mapToLong(CpuBlock::weightBytes).sum()
        + head.bytes()
        + embeddingVD.capacity() * Float.BYTES;
  }

  @Override
  public void step(ImmutableList<SequenceChunk> chunks, KvCache memory, LogitsReader reader) {
    CpuStep step = begin(chunks, memory);
    team.run(
        worker -> {
          for (int layer = 0; layer < spec.layers(); layer++) {
            blocks.get(layer).run(step, layer, worker);
          }
        });
    readLogits(step, reader);
  }

  @Override
  public ImmutableLongArray layerNanos(ImmutableList<SequenceChunk> chunks, KvCache memory) {
    CpuStep step = begin(chunks, memory);
    long[] ends = new long[spec.layers() + 1];
    team.run(worker -> runTimed(step, ends, worker));
    ImmutableLongArray.Builder nanos = ImmutableLongArray.builder(spec.layers());
    for (int layer = 0; layer < spec.layers(); layer++) {
      nanos.add(ends[layer + 1] - ends[layer]);
    }
    return nanos.build();
  }

  private void runTimed(CpuStep step, long[] ends, ThreadTeam.Worker worker) {
    worker.await();
    for (int layer = 0; layer <= spec.layers(); layer++) {
      if (worker.index() == 0) {
        ends[layer] = System.nanoTime();
      }
      if (layer < spec.layers()) {
        blocks.get(layer).run(step, layer, worker);
      }
    }
  }

  private CpuStep begin(ImmutableList<SequenceChunk> chunks, KvCache given) {
    checkState(!closed, "this model is closed");
    checkArgument(given instanceof CpuKvCache, "this memory was made for another device");
    CpuKvCache memory = (CpuKvCache) given;
    memory.checkFits(spec);
    BatchChecks.check(chunks, this, memory);
    BatchRows rows = new BatchRows(chunks);
    rotary.cover(rows.lastPosition());
    space.start(embedded(rows.tokens()));
    return new CpuStep(rows, memory, space);
  }

  private float[] embedded(long[] tokens) {
    int width = spec.width();
    float[] embeddedRD = new float[tokens.length * width];
    for (int row = 0; row < tokens.length; row++) {
      embeddingVD.read(tokens[row] * width, embeddedRD, row * width, width);
    }
    return embeddedRD;
  }

  private void readLogits(CpuStep step, LogitsReader reader) {
    int wanted = step.rows().wanted();
    for (int from = 0; from < wanted; from += HEAD_ROWS) {
      int first = from;
      int rows = Math.min(HEAD_ROWS, wanted - from);
      team.run(worker -> runHead(step.rows(), first, rows, worker));
      for (int row = 0; row < rows; row++) {
        reader.accept(first + row, logits(row));
      }
    }
  }

  private void runHead(BatchRows rows, int first, int count, ThreadTeam.Worker worker) {
    for (int row = worker.from(count); row < worker.to(count); row++) {
      space.normalizeRow(finalNorm, rows.wantedRow(first + row), row, worker);
    }
    worker.await();
    head.multiply(space.of(worker), space.normalized(), count);
  }

  private float[] logits(int row) {
    for (int worker = 0; worker < team.count(); worker++) {
      int share = head.share(worker);
      space
          .worker(worker)
          .products()
          .read((long) row * head.stride(worker), logits, head.start(worker), share);
    }
    return logits;
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
