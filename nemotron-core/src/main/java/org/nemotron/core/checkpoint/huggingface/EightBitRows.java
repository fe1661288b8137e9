package org.nemotron.core.checkpoint.huggingface;

import com.google.common.collect.ImmutableList;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Tensors;

/**
 * How matrices are written as 8-bit floats: e4m3 with a scale for each row, such that the largest
 * number of a row is the largest that there is. The layers' matrices are; embedding, head, norms
 * and biases stay of 16 bits.
 */
final class EightBitRows {
  /** What stays beside them has this type. */
  static final DType OTHERS = DType.BFLOAT16;

  private static final String LAYERS = ModelSpec.layerPrefix(0).replaceAll("\\d.*", "");

  /** The largest e4m3. */
  private static final double MOST = 448;

  /** Rows of zeros have a scale too. */
  private static final double LEAST_SCALE = 1e-12;

  private EightBitRows() {}

  /** Returns whether the tensor of this name and shape is written so. */
  static boolean has(String name, ImmutableList<Long> shape) {
    return name.startsWith(LAYERS) && shape.size() == 2;
  }

  /** Returns the shape of a matrix's scales. */
  static ImmutableList<Long> scaleShape(ImmutableList<Long> matrix) {
    return ImmutableList.of(matrix.get(0), 1L);
  }

  /** Returns a row's scales, {@code [N, 1]} float32, of {@code weightNK}. */
  static Tensor scales(Tensor weightNK) {
    return wide(weightNK)
        .abs()
        .amax(new long[] {1}, true)
        .div(new Scalar(MOST))
        .clamp_min(new Scalar(LEAST_SCALE));
  }

  /** Returns the numbers, {@code [N, K]} e4m3, that times their scales are {@code weightNK}. */
  static Tensor numbers(Tensor weightNK) {
    return wide(weightNK).div(scales(weightNK)).to(DType.FLOAT8_E4M3.scalarType());
  }

  private static Tensor wide(Tensor weightNK) {
    return Tensors.cast(weightNK, DType.FLOAT32);
  }
}
