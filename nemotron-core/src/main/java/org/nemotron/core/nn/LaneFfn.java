package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.Lanes.Lane;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.WeightFormat;

/** {@link GatedFfn} in steps: gate and up are one product, a lane has its channels of both. */
final class LaneFfn implements LaneSubBlock {
  private final RowNorm norm;
  private final LanePart gateAndUp;
  private final LanePart down;
  private final int channels;
  private final Parts parts;

  LaneFfn(GatedFfn ffn, double eps, int lanes, WeightFormat format) {
    this.norm = new RowNorm(ffn.normWeightD(), eps);
    this.channels = Math.toIntExact(ffn.gateID().size(0));
    try (Parts made = new Parts()) {
      ImmutableList<Tensor> both = ImmutableList.of(ffn.gateID(), ffn.upID());
      this.gateAndUp = made.add(LanePart.of(both, 16, lanes, format), LanePart::close);
      this.down = made.add(LanePart.of(ffn.downDI(), 16, lanes, format), LanePart::close);
      this.parts = made.complete();
    }
  }

  @Override
  public void run(Step step, int layer, Lane lane) {
    StepSpace space = step.space();
    int rows = step.rows().rows();
    space.normalise(norm, rows, lane);
    lane.await();
    gateAndUp.multiply(space.of(lane), space.normalised(), rows);
    activate(space, rows, lane);
    lane.await();
    down.multiply(space.of(lane), space.inner(), rows);
    space.add(lane, rows, down);
    lane.await();
  }

  private void activate(StepSpace space, int rows, Lane lane) {
    int share = gateAndUp.share(lane.index());
    int stride = gateAndUp.stride(lane.index());
    FloatArea products = space.of(lane).products();
    float[] row = space.of(lane).row(2 * share);
    for (int r = 0; r < rows; r++) {
      products.read((long) r * stride, row, 0, 2 * share);
      for (int i = 0; i < share; i++) {
        row[i] = FastExp.silu(row[i]) * row[share + i];
      }
      space.inner().write((long) r * channels + gateAndUp.start(lane.index()), row, 0, share);
    }
  }

  @Override
  public long weightBytes() {
    return gateAndUp.bytes() + down.bytes();
  }

  @Override
  public int innerWidth() {
    return channels;
  }

  @Override
  public int widestProduct() {
    return Math.max(gateAndUp.widest(), down.widest());
  }

  @Override
  public void close() {
    parts.close();
  }
}
