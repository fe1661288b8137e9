package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.Lanes.Lane;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.WeightFormat;

/**
 * {@link GroupedQueryAttention} in steps: queries, keys and values are one product, whose heads are
 * shared out among the lanes; attention itself is shared out by piece and key/value head.
 */
final class LaneAttention implements LaneSubBlock {
  private final AttentionSpec.GroupedQuery spec;
  private final RotaryTable rotary;
  private final RowNorm norm;
  private final LanePart heads;
  private final LanePart output;

  LaneAttention(
      GroupedQueryAttention attention,
      RotaryTable rotary,
      double eps,
      int lanes,
      WeightFormat format) {
    this.spec = attention.spec();
    this.rotary = rotary;
    this.norm = new RowNorm(attention.normWeightD(), eps);
    try (NativeScope scope = NativeScope.open()) {
      TensorVector all =
          new TensorVector(attention.queryWeight(), attention.keyWeight(), attention.valueWeight());
      this.heads = LanePart.of(torch.cat(all, 0), spec.headDim(), lanes, format);
    }
    this.output = LanePart.of(attention.outputWeight(), 16, lanes, format);
  }

  @Override
  public void run(Step step, int layer, Lane lane) {
    StepSpace space = step.space();
    int rows = step.rows().rows();
    space.normalise(norm, rows, lane);
    lane.await();
    heads.multiply(space.of(lane), space.normalised(), rows);
    place(step, step.memory().layer(layer), lane);
    if (lane.index() == 0) {
      space.handOut();
    }
    lane.await();
    attend(step, step.memory().layer(layer), lane);
    lane.await();
    output.multiply(space.of(lane), space.inner(), rows);
    space.add(lane, rows, output.start(lane.index()), output.share(lane.index()));
    lane.await();
  }

  /** Turns the lane's heads and puts them where attention finds them. */
  private void place(Step step, KvMemory.Layer memory, Lane lane) {
    int share = heads.share(lane.index());
    int firstHead = heads.start(lane.index()) / spec.headDim();
    FloatArea products = step.space().of(lane).products();
    float[] row = step.space().of(lane).row(share);
    for (int r = 0; r < step.rows().rows(); r++) {
      products.read((long) r * share, row, 0, share);
      for (int offset = 0; offset < share; offset += spec.headDim()) {
        place(step, memory, row, offset, firstHead + offset / spec.headDim(), r);
      }
    }
  }

  private void place(
      Step step, KvMemory.Layer memory, float[] values, int offset, int head, int row) {
    int headDim = spec.headDim();
    int keys = spec.queryHeads();
    int firstValue = keys + spec.kvHeads();
    long token = step.rows().slot(row) * memory.stride();
    if (head < firstValue) {
      rotary.turn(values, offset, step.rows().position(row));
    }
    if (head < keys) {
      long to = ((long) row * keys + head) * headDim;
      step.space().queries().write(to, values, offset, headDim);
    } else if (head < firstValue) {
      memory.keys().write(token + (long) (head - keys) * headDim, values, offset, headDim);
    } else {
      memory.values().write(token + (long) (head - firstValue) * headDim, values, offset, headDim);
    }
  }

  private void attend(Step step, KvMemory.Layer memory, Lane lane) {
    ImmutableList<StepRows.Piece> pieces = step.rows().pieces();
    int items = pieces.size() * spec.kvHeads();
    PagedAttention attention =
        new PagedAttention(spec, memory, step.space().queries(), step.space().inner());
    for (int item = step.space().takeItem(); item < items; item = step.space().takeItem()) {
      attention.attend(
          pieces.get(item / spec.kvHeads()), item % spec.kvHeads(), step.space().of(lane));
    }
  }

  @Override
  public long weightBytes() {
    return heads.bytes() + output.bytes();
  }

  @Override
  public int innerWidth() {
    return spec.queryHeads() * spec.headDim();
  }

  @Override
  public int widestProduct() {
    return Math.max(heads.widest(), output.widest());
  }

  @Override
  public void close() {
    heads.close();
    output.close();
  }
}
