package org.nemotron.core.tensor;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * Matrices as 8-bit floats: e4m3 with a scale for each row, such that the largest number of a row
 * is the largest that there is.
 */
public final class EightBitRows {
  /** The largest e4m3. */
  private static final double MOST = 448;

  /** Rows of zeros have a scale too. */
  private static final double LEAST_SCALE = 1e-12;

  private EightBitRows() {}

  /** Returns the scales of the rows, {@code [N, 1]}, of {@code weightNK}, which is float32. */
  public static Tensor scales(Tensor weightNK) {
    return weightNK
        .abs()
        .amax(new long[] {1}, true)
        .div(new Scalar(MOST))
        .clamp_min(new Scalar(LEAST_SCALE));
  }

  /** Returns the numbers, {@code [N, K]} e4m3, that times {@code scalesN1} are the weights. */
  public static Tensor numbers(Tensor weightNK, Tensor scalesN1) {
    return weightNK.div(scalesN1).to(DType.FLOAT8_E4M3.scalarType());
  }
}
