package org.nemotron.core.backend.cpu;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * In which format this processor multiplies weights: measured by products on one core, once per
 * process, in less than half a second.
 */
final class FormatProbe {
  /*
   * Half precision comes first: of the formats, it alone gives rows that do not depend on how many
   * are multiplied together, and holds bfloat16 weights without rounding activations. Where FBGEMM
   * lacks it, float32 does. Another format must be faster by a margin that other work on the
   * machine does not make up, for one row (decoding alone) and for many alike.
   */
  private static final double MARGIN = 1.5;

  private static final int MANY_ROWS = 16;
  private static final int OUTPUTS = 512;
  private static final int INPUTS = 512;
  private static final int LEAST_ROUNDS = 3;
  private static final int ROUNDS = 20;
  private static final long MOST_NANOS = 100_000_000;

  /** Floats of {@link #MANY_ROWS} rows, and of those that products round up to. */
  private static final int ROOM = 64 * Math.max(INPUTS, OUTPUTS);

  private FormatProbe() {}

  /** Measured on first use. */
  private static final class Measured {
    static final WeightFormat FASTEST = choose(measure());

    private Measured() {}
  }

  /**
   * How long a product takes.
   *
   * @param oneRow nanoseconds of a product of one row
   * @param manyRows nanoseconds of a product of sixteen
   */
  record Times(long oneRow, long manyRows) {
    private boolean clearlyBelow(Times other) {
      return oneRow * MARGIN <= other.oneRow && manyRows * MARGIN <= other.manyRows;
    }

    private Times least(Times other) {
      return new Times(Math.min(oneRow, other.oneRow), Math.min(manyRows, other.manyRows));
    }
  }

  /** Returns the format to hold weights in unless one is asked for. */
  static WeightFormat fastest() {
    return Measured.FASTEST;
  }

  /** Returns the first format, or the fastest of those that are faster by a clear margin. */
  static WeightFormat choose(ImmutableMap<WeightFormat, Times> times) {
    WeightFormat first = times.keySet().iterator().next();
    WeightFormat chosen = first;
    for (Map.Entry<WeightFormat, Times> other : times.entrySet()) {
      boolean faster = other.getValue().manyRows() < verifyNotNull(times.get(chosen)).manyRows();
      if (faster && other.getValue().clearlyBelow(verifyNotNull(times.get(first)))) {
        chosen = other.getKey();
      }
    }
    return chosen;
  }

  /** Returns the least times of products in each format that there is, the preferred one first. */
  static ImmutableMap<WeightFormat, Times> measure() {
    ImmutableList<WeightFormat> formats =
        Fp16Gemm.supported()
            ? ImmutableList.of(WeightFormat.FLOAT16, WeightFormat.FLOAT32, WeightFormat.BFLOAT16)
            : ImmutableList.of(WeightFormat.FLOAT32, WeightFormat.BFLOAT16);
    Map<WeightFormat, PackedWeights> packed = new LinkedHashMap<>();
    try (CpuThreads.Lease oneCore = CpuThreads.onePerOperation();
        Resources made = new Resources()) {
      NativeFloats input = made.add(NativeFloats.zeros(ROOM), NativeFloats::close);
      NativeFloats output = made.add(NativeFloats.zeros(ROOM), NativeFloats::close);
      for (WeightFormat format : formats) {
        packed.put(format, made.add(packed(format), PackedWeights::close));
      }
      return ImmutableMap.copyOf(leastTimes(packed, input, output));
    }
  }

  /** Formats take turns, so that a disturbance of the machine meets all alike. */
  private static Map<WeightFormat, Times> leastTimes(
      Map<WeightFormat, PackedWeights> packed, NativeFloats input, NativeFloats output) {
    Map<WeightFormat, Times> least = new LinkedHashMap<>();
    long start = System.nanoTime();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<WeightFormat, PackedWeights> one : packed.entrySet()) {
        Times times = times(one.getValue(), input, output);
        if (round > 0) { // the first one loads and compiles
          least.merge(one.getKey(), times, Times::least);
        }
      }
      if (round >= LEAST_ROUNDS && System.nanoTime() - start > MOST_NANOS) {
        break;
      }
    }
    return least;
  }

  private static PackedWeights packed(WeightFormat format) {
    try (NativeScope scope = NativeScope.open()) {
      Tensor weights = Tensors.of(numbers(OUTPUTS * INPUTS), OUTPUTS, INPUTS);
      return PackedWeights.of(weights, format);
    }
  }

  private static Times times(PackedWeights weights, NativeFloats input, NativeFloats output) {
    return new Times(nanos(weights, 1, input, output), nanos(weights, MANY_ROWS, input, output));
  }

  private static long nanos(
      PackedWeights weights, int rows, NativeFloats input, NativeFloats output) {
    Blas blas = new Blas();
    long start = System.nanoTime();
    weights.multiply(input, rows, output, blas);
    return System.nanoTime() - start;
  }

  private static float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (i * 37 % 101 - 50) / 400f;
    }
    return numbers;
  }
}
