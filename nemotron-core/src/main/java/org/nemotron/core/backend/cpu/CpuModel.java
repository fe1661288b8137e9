package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.backend.parallel.RankMember;
import org.nemotron.core.backend.parallel.RankShare;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;

/**
 * A model on the CPU: weights packed once, layers run by a {@link ThreadTeam}.
 *
 * <p>With {@link WeightFormat#FLOAT16} what it computes for a sequence does not depend, to the last
 * bit, on the other sequences, on how its prompt is cut into chunks, on which pages it has, or on
 * the number of threads; unless {@link #notes} names a matrix that half precision cannot hold.
 */
final class CpuModel implements InferenceModel {
  // Shape letters in this file: R = rows of a step, D = model width, V = vocabulary.

  private static final String EMBEDDING = "model.embed_tokens.weight";

  private final RankShare share;
  private final RankMember member;
  private final ModelSpec spec;
  private final LeasedTeam team;
  private final WeightFormat format;
  private final int maxRows;
  private final RotaryCache rotary;
  private final NativeFloats embeddingVD;
  private final ImmutableList<CpuBlock> blocks;
  private final CpuRmsNorm finalNorm;
  private final ColumnParallelLinear head;
  private final ImmutableList<String> notes;
  private final Resources parts;
  private boolean closed;

  /**
   * Packs a rank's share of a model.
   *
   * @param member meets the other ranks
   * @param weights of the whole model, on the CPU
   * @param team who computes; it must outlive this object
   * @param maxRows how many tokens a step may have
   */
  CpuModel(
      RankShare share,
      RankMember member,
      WeightSource weights,
      WeightFormat format,
      LeasedTeam team,
      int maxRows) {
    checkArgument(maxRows > 0, "maxRows (%s) must be positive", maxRows);
    this.share = share;
    this.member = member;
    this.spec = share.spec();
    this.team = team;
    this.format = format;
    this.maxRows = maxRows;
    this.rotary = new RotaryCache(spec.rope(), spec.headDim());
    WeightSource checked = share.cut(weights);
    HeldFormats formats = new HeldFormats(format);
    try (Resources made = new Resources()) {
      this.embeddingVD = made.add(embedding(checked), NativeFloats::close);
      this.blocks = packed(checked, formats, made);
      this.finalNorm = finalNorm(checked);
      this.head = made.add(head(checked, formats), ColumnParallelLinear::close);
      this.parts = made.complete();
    }
    this.notes = formats.notes();
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

  private ColumnParallelLinear head(WeightSource weights, HeldFormats formats) {
    try (NativeScope scope = NativeScope.open()) {
      String name = spec.tiedEmbeddings() ? EMBEDDING : "lm_head.weight";
      IndexRange rows = share.vocabulary();
      Tensor headVD = CpuLayerWeights.onCpu(weights.get(name)).narrow(0, rows.begin(), rows.size());
      return ColumnParallelLinear.of(
          headVD, CpuLayerWeights.OUTPUTS, team.count(), formats.ofTable(name, headVD));
    }
  }

  private ImmutableList<CpuBlock> packed(
      WeightSource weights, HeldFormats formats, Resources made) {
    ImmutableList.Builder<CpuBlock> packed = ImmutableList.builderWithExpectedSize(spec.layers());
    for (int layer = 0; layer < spec.layers(); layer++) {
      CpuLayerWeights own =
          new CpuLayerWeights(weights, layer, spec.rmsNormEps(), formats, team.count());
      packed.add(made.add(new CpuBlock(share, own, rotary), CpuBlock::close));
    }
    return packed.build();
  }

  /** Returns room for steps of this model, which the caller closes. */
  CpuWorkspace newWorkspace() {
    return newWorkspace(maxRows);
  }

  /** Returns room for passes of {@code most} rows, which the caller closes. */
  CpuWorkspace newWorkspace(int most) {
    int rows = PackedWeights.roomFor(Math.max(most, CpuSession.HEAD_ROWS), format);
    int headRows = PackedWeights.roomFor(CpuSession.HEAD_ROWS, format);
    int widest = blocks.stream().mapToInt(CpuBlock::widestProduct).max().orElseThrow();
    return new CpuWorkspace(
        member,
        spec.width(),
        rows,
        Math.max(1, blocks.stream().mapToInt(CpuBlock::innerWidth).max().orElseThrow()),
        spec.queryHeads() * spec.headDim(),
        team.count(),
        Math.max((long) rows * widest, (long) headRows * head.widest()),
        PackedWeights.roomFor(CpuWorkspace.OWN_ROWS, format));
  }

  RankShare share() {
    return share;
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
  public boolean samplesTokens() {
    return false;
  }

  /** Keys and values of all rows of a step are written before any row attends. */
  @Override
  public boolean isBatchInvariant() {
    return true;
  }

  @Override
  public InferenceSession newSession(int pages, KvFormat format) {
    CpuKvCache.checkServes(format);
    checkOpen();
    return new CpuSession(this, pages);
  }

  void checkOpen() {
    checkState(!closed, "this model is closed");
  }

  LeasedTeam team() {
    return team;
  }

  @Override
  public long weightBytes() {
    return blocks.stream().mapToLong(CpuBlock::weightBytes).sum()
        + head.bytes()
        + embeddingVD.capacity() * Float.BYTES;
  }

  @Override
  public ImmutableList<String> notes() {
    return notes;
  }

  /** Makes ready for this many positions, so that several threads may embed at a time. */
  void coverPositions(int count) {
    rotary.cover(count - 1);
  }

  /** Starts a step of {@code rows}: the rows of the embedding become the residual stream. */
  void embed(BatchRows rows, CpuWorkspace space) {
    rotary.cover(rows.lastPosition());
    space.start(embedded(rows.tokens()));
  }

  private float[] embedded(long[] tokens) {
    int width = spec.width();
    float[] embeddedRD = new float[tokens.length * width];
    for (int row = 0; row < tokens.length; row++) {
      embeddingVD.read(tokens[row] * width, embeddedRD, row * width, width);
    }
    return embeddedRD;
  }

  /** Does this thread's share of a layer; all threads call it. */
  void runLayer(CpuStep step, int layer, ThreadTeam.Worker worker) {
    blocks.get(layer).run(step, layer, worker);
  }

  /** Does the last layer, by a thread alone; returns the wanted rows: see {@link CpuBlock}. */
  CpuStep runLastLayer(CpuStep step, ThreadTeam.Worker worker) {
    int last = blocks.size() - 1;
    return blocks.get(last).runForWanted(step, last, worker);
  }

  /**
   * Computes the logits of wanted rows; all threads call it.
   *
   * @param first of them, of {@code count}
   */
  void runHead(CpuStep step, int first, int count, ThreadTeam.Worker worker) {
    CpuWorkspace space = step.space();
    ThreadWorkspace own = space.of(worker);
    NormalizedRows input =
        space.normalized(finalNorm, count, row -> step.rows().wantedRow(first + row), worker);
    worker.each(
        head.chunks(),
        chunk -> head.multiply(chunk, own, input.get(), count),
        chunk -> space.keepLogits(own, count, head, chunk, vocabulary()));
  }

  /** Brings the logits of {@code count} rows together that all ranks have computed. */
  void joinLogits(CpuWorkspace space, int count) {
    space.joinLogits(share, count);
  }

  /** Returns how many logits of a row this rank computes. */
  int vocabulary() {
    return Math.toIntExact(share.vocabulary().size());
  }

  @Override
  public void close() {
    closed = true;
    team.awaitHelpers();
    parts.close();
  }
}
