package org.nemotron.core.nn;

import java.util.Optional;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.WeightFormat;

/** {@link LinearReplacement} in steps on a card. */
final class CardLinear implements CardSubBlock {
  private final CardNorm norm;
  private final CardProduct weight;

  CardLinear(LinearReplacement linear, double eps, Device device, WeightFormat format) {
    this.norm = new CardNorm(linear.normWeightD(), eps, device);
    this.weight = CardProduct.of(linear.weightDD(), device, format);
  }

  @Override
  public void run(CardStep step, int layer) {
    step.multiply(weight, step.normalised(norm), step.delta(Optional.empty()));
  }

  @Override
  public void list(StepParts parts, CardMemory.Layer memory) {
    parts.linear(norm, weight);
  }

  @Override
  public long weightBytes() {
    return weight.bytes();
  }

  @Override
  public int joinedWidth() {
    return 0;
  }

  @Override
  public int innerWidth() {
    return 0;
  }

  @Override
  public void close() {
    norm.close();
    weight.close();
  }
}
