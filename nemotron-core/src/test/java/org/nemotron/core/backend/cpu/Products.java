package org.nemotron.core.backend.cpu;

import java.util.SplittableRandom;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** Products by {@link PackedWeights}, from plain arrays to plain arrays. */
final class Products {
  private Products() {}

  /** Returns random numbers within -1..1 that half precision holds exactly. */
  static float[] halves(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] numbers = new float[count];
    for (int index = 0; index < count; index++) {
      numbers[index] = random.nextInt(-1024, 1025) / 1024f;
    }
    return numbers;
  }

  /** Returns {@code [rows, outputs]}. */
  static float[] of(
      float[] weights, int outputs, int inputs, float[] in, int rows, WeightFormat format) {
    int room = PackedWeights.roomFor(rows, format);
    try (NativeScope scope = NativeScope.open();
        PackedWeights packed = PackedWeights.of(Tensors.of(weights, outputs, inputs), format);
        NativeFloats input = NativeFloats.zeros((long) room * inputs);
        NativeFloats output = NativeFloats.zeros((long) room * packed.stride())) {
      input.write(0, in, 0, rows * inputs);
      packed.multiply(input, rows, output, new Blas());
      float[] result = new float[rows * outputs];
      for (int row = 0; row < rows; row++) {
        output.read((long) row * packed.stride(), result, row * outputs, outputs);
      }
      return result;
    }
  }
}
