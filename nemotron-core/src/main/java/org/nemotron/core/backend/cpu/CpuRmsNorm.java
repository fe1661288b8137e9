package org.nemotron.core.backend.cpu;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.RmsNorm;
import org.nemotron.core.tensor.Tensors;

/** {@link RmsNorm} of single rows in Java arrays. */
final class CpuRmsNorm {
  private final float[] weights;
  private final float eps;

  CpuRmsNorm(Tensor weightD, double eps) {
    this.weights = Tensors.floats(weightD);
    this.eps = (float) eps;
  }

  int width() {
    return weights.length;
  }

  /**
   * Writes the norm of the row at {@code source[from]} to {@code target[to]}: NaN where its squares
   * overflow, since the inverse of infinity would make a row of zeros of it.
   */
  void apply(float[] source, int from, float[] target, int to) {
    float mean = meanSquare(source, from);
    float scale = mean <= Float.MAX_VALUE ? (float) (1 / Math.sqrt(mean + eps)) : Float.NaN;
    for (int i = 0; i < weights.length; i++) {
      target[to + i] = source[from + i] * scale * weights[i];
    }
  }

  /** Four sums side by side: one would wait for each addition. */
  private float meanSquare(float[] source, int from) {
    int width = weights.length;
    int even = width / 4 * 4;
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    for (int i = from; i < from + even; i += 4) {
      a += source[i] * source[i];
      b += source[i + 1] * source[i + 1];
      c += source[i + 2] * source[i + 2];
      d += source[i + 3] * source[i + 3];
    }
    for (int i = from + even; i < from + width; i++) {
      a += source[i] * source[i];
    }
    return (a + b + (c + d)) / width;
  }
}
