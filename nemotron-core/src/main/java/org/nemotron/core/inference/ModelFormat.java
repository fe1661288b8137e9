package org.nemotron.core.inference;

import static com.google.common.base.Preconditions.checkNotNull;

/**
 * How a model's matrices are held. Immutable.
 *
 * @param layers of the products in the layers
 * @param head of the last product, which makes logits
 */
public record ModelFormat(WeightFormat layers, WeightFormat head) {
  /** Checks that they are not null. */
  public ModelFormat {
    checkNotNull(layers, "the format of layers must not be null");
    checkNotNull(head, "the format of the head must not be null");
  }

  /**
   * Returns the usual one for layers in {@code format}: the head alike, but never in 8 bits, where
   * it is BFLOAT16.
   */
  public static ModelFormat of(WeightFormat format) {
    return new ModelFormat(
        format, format == WeightFormat.FLOAT8_E4M3 ? WeightFormat.BFLOAT16 : format);
  }

  /** Returns whether a matrix is held as 8-bit floats. */
  public boolean hasEightBits() {
    return layers == WeightFormat.FLOAT8_E4M3 || head == WeightFormat.FLOAT8_E4M3;
  }
}
