package org.nemotron.core.nn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.Lanes;
import org.nemotron.core.tensor.PackedWeights;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.WeightFormat;

/**
 * Steps on the CPU: weights packed once, layers run by {@link Lanes} in step, keys and values in
 * {@link LaneMemory}.
 *
 * <p>With {@link WeightFormat#FLOAT16} what it computes for a sequence does not depend, to the last
 * bit, on the other sequences, on how its prompt is cut into spans, on which pages it has, or on
 * the number of lanes. That holds with AVX2 and with AVX-512, whichever FBGEMM uses; between the
 * two the last bits differ.
 */
final class LaneModel implements InferenceModel {
  // Shape letters in this file: R = rows of a step, D = model width, V = vocabulary.

  /** Rows whose logits are computed together. */
  private static final int HEAD_ROWS = 64;

  private final ModelSpec spec;
  private final Lanes lanes;
  private final int maxRows;
  private final RotaryTable rotary;
  private final FloatArea embeddingVD;
  private final ImmutableList<LaneSubBlock> subBlocks;
  private final RowNorm finalNorm;
  private final LanePart head;
  private final StepSpace space;
  private final float[] logits;
  private final Parts parts;
  private boolean closed;

  /**
   * Packs the weights of {@code model}.
   *
   * @param model on the CPU
   * @param lanes who computes; they stay the caller's, and must outlive this object
   * @param maxRows how many tokens a step may have
   */
  LaneModel(HeterogeneousModel model, WeightFormat format, Lanes lanes, int maxRows) {
    checkArgument(maxRows > 0, "maxRows (%s) must be positive", maxRows);
    checkArgument(
        model.device().equals(Device.CPU), "the model is on %s; it must be on cpu", model.device());
    this.spec = model.spec();
    this.lanes = lanes;
    this.maxRows = maxRows;
    this.rotary = new RotaryTable(spec.rope(), spec.headDim());
    this.finalNorm = new RowNorm(model.finalNormWeight(), spec.rmsNormEps());
    try (Parts made = new Parts()) {
      this.embeddingVD = made.add(FloatArea.of(model.embedding()), FloatArea::close);
      this.subBlocks = packed(model, format, made);
      this.head =
          made.add(LanePart.of(model.headWeight(), 16, lanes.count(), format), LanePart::close);
      this.space = made.add(space(format), StepSpace::close);
      this.parts = made.complete();
    }
    this.logits = new float[spec.vocabularySize()];
  }

  private ImmutableList<LaneSubBlock> packed(
      HeterogeneousModel model, WeightFormat format, Parts made) {
    ImmutableList.Builder<LaneSubBlock> packed = ImmutableList.builder();
    for (int layer = 0; layer < spec.layers(); layer++) {
      packed.add(made.add(packed(model.block(layer).attention(), format), LaneSubBlock::close));
      packed.add(made.add(packed(model.block(layer).ffn(), format), LaneSubBlock::close));
    }
    return packed.build();
  }

  private LaneSubBlock packed(SubBlock subBlock, WeightFormat format) {
    return LaneSubBlock.of(subBlock, rotary, spec.rmsNormEps(), lanes.count(), format);
  }

  private StepSpace space(WeightFormat format) {
    int rows = PackedWeights.roomFor(Math.max(maxRows, HEAD_ROWS), format);
    int headRows = PackedWeights.roomFor(HEAD_ROWS, format);
    int widest = subBlocks.stream().mapToInt(LaneSubBlock::widestProduct).max().orElseThrow();
    return new StepSpace(
        spec.width(),
        rows,
        Math.max(1, subBlocks.stream().mapToInt(LaneSubBlock::innerWidth).max().orElseThrow()),
        spec.queryHeads() * spec.headDim(),
        lanes.count(),
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
  public KvMemory newMemory(int pages) {
    checkState(!closed, "this model is closed");
    return new LaneMemory(spec, pages);
  }

  @Override
  public long weightBytes() {
    return subBlocks.stream().mapToLong(LaneSubBlock::weightBytes).sum()
        + head.bytes()
        + embeddingVD.capacity() * Float.BYTES;
  }

  @Override
  public void step(ImmutableList<StepSpan> spans, KvMemory memory, LogitsReader reader) {
    Step step = begin(spans, memory);
    lanes.run(
        lane -> {
          for (int layer = 0; layer < spec.layers(); layer++) {
            runLayer(step, layer, lane);
          }
        });
    readLogits(step, reader);
  }

  @Override
  public ImmutableLongArray layerNanos(ImmutableList<StepSpan> spans, KvMemory memory) {
    Step step = begin(spans, memory);
    long[] ends = new long[spec.layers() + 1];
    lanes.run(lane -> runTimed(step, ends, lane));
    ImmutableLongArray.Builder nanos = ImmutableLongArray.builder(spec.layers());
    for (int layer = 0; layer < spec.layers(); layer++) {
      nanos.add(ends[layer + 1] - ends[layer]);
    }
    return nanos.build();
  }

  private void runTimed(Step step, long[] ends, Lanes.Lane lane) {
    lane.await();
    for (int layer = 0; layer <= spec.layers(); layer++) {
      if (lane.index() == 0) {
        ends[layer] = System.nanoTime();
      }
      if (layer < spec.layers()) {
        runLayer(step, layer, lane);
      }
    }
  }

  private Step begin(ImmutableList<StepSpan> spans, KvMemory given) {
    checkState(!closed, "this model is closed");
    checkArgument(given instanceof LaneMemory, "this memory was made for another device");
    LaneMemory memory = (LaneMemory) given;
    memory.checkFits(spec);
    StepChecks.check(spans, this, memory);
    StepRows rows = new StepRows(spans);
    rotary.cover(rows.lastPosition());
    space.start(embedded(rows.tokens()));
    return new Step(rows, memory, space);
  }

  private float[] embedded(long[] tokens) {
    int width = spec.width();
    float[] embeddedRD = new float[tokens.length * width];
    for (int row = 0; row < tokens.length; row++) {
      embeddingVD.read(tokens[row] * width, embeddedRD, row * width, width);
    }
    return embeddedRD;
  }

  private void runLayer(Step step, int layer, Lanes.Lane lane) {
    subBlocks.get(2 * layer).run(step, layer, lane);
    subBlocks.get(2 * layer + 1).run(step, layer, lane);
  }

  private void readLogits(Step step, LogitsReader reader) {
    int wanted = step.rows().wanted();
    for (int from = 0; from < wanted; from += HEAD_ROWS) {
      int first = from;
      int rows = Math.min(HEAD_ROWS, wanted - from);
      lanes.run(lane -> runHead(step.rows(), first, rows, lane));
      for (int row = 0; row < rows; row++) {
        reader.accept(first + row, logits(row));
      }
    }
  }

  private void runHead(StepRows rows, int first, int count, Lanes.Lane lane) {
    for (int row = lane.from(count); row < lane.to(count); row++) {
      space.normaliseRow(finalNorm, rows.wantedRow(first + row), row, lane);
    }
    lane.await();
    head.multiply(space.of(lane), space.normalised(), count);
  }

  private float[] logits(int row) {
    for (int lane = 0; lane < lanes.count(); lane++) {
      int share = head.share(lane);
      space
          .lane(lane)
          .products()
          .read((long) row * head.stride(lane), logits, head.start(lane), share);
    }
    return logits;
  }

  @Override
  public void close() {
    closed = true;
    parts.close();
  }
}
