package org.nemotron.core.nn;

import org.nemotron.core.tensor.Lanes.Lane;
import org.nemotron.core.tensor.WeightFormat;

/** {@link LinearReplacement} in steps. */
final class LaneLinear implements LaneSubBlock {
  private final RowNorm norm;
  private final LanePart weight;

  LaneLinear(LinearReplacement linear, double eps, int lanes, WeightFormat format) {
    this.norm = new RowNorm(linear.normWeightD(), eps);
    this.weight = LanePart.of(linear.weightDD(), 16, lanes, format);
  }

  @Override
  public void run(Step step, int layer, Lane lane) {
    StepSpace space = step.space();
    int rows = step.rows().rows();
    space.normalise(norm, rows, lane);
    lane.await();
    weight.multiply(space.of(lane), space.normalised(), rows);
    space.add(lane, rows, weight);
    lane.await();
  }

  @Override
  public long weightBytes() {
    return weight.bytes();
  }

  @Override
  public int innerWidth() {
    return 0;
  }

  @Override
  public int widestProduct() {
    return weight.widest();
  }

  @Override
  public void close() {
    weight.close();
  }
}
