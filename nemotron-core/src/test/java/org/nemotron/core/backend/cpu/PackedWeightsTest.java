package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class PackedWeightsTest {
  private NativeScope scope;
  private CpuThreads.Lease oneCore;

  @BeforeEach
  void open() {
    oneCore = CpuThreads.onePerOperation();
    scope = NativeScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
    oneCore.close();
  }

  /** Returns the product of one weight, and one input of 1. */
  private static float held(float weight) {
    try (PackedWeights packed =
            PackedWeights.of(Tensors.of(new float[] {weight}, 1, 1), WeightFormat.FLOAT16);
        NativeFloats in = NativeFloats.zeros(PackedWeights.roomFor(1, WeightFormat.FLOAT16));
        NativeFloats out =
            NativeFloats.zeros(
                (long) PackedWeights.roomFor(1, WeightFormat.FLOAT16) * packed.stride())) {
      in.write(0, new float[] {1}, 0, 1);
      packed.multiply(in, 1, out, new Blas());
      float[] result = new float[1];
      out.read(0, result, 0, 1);
      return result[0];
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {0x1.fep-17f, 0x1p-17f, 0x1.02p-17f, -0x1.fcp-3f, 1.0078125f, 65280f, 0f})
  void half_bfloat16WeightOfUsualSize_isExact(float weight) {
    assertThat(held(weight)).isEqualTo(weight);
  }

  @ParameterizedTest
  @ValueSource(floats = {0x1.fep-18f, 0x1.02p-20f, 0x1.8p-25f, 0x1p-30f, -0x1.fep-19f})
  void half_tinyWeight_isOffByAtMostItsClaim(float weight) {
    assertThat(Math.abs((double) held(weight) - weight)).isLessThanOrEqualTo(0x1p-25);
  }

  @Test
  void half_hugeWeight_isTheLargestThereIs() {
    assertThat(held(1e6f)).isEqualTo(65504f);
    assertThat(held(-1e6f)).isEqualTo(-65504f);
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT16", "FLOAT32"})
  void multiply_anyFormat_equalsLoops(WeightFormat format) {
    int rows = 17;
    int inputs = 33;
    int outputs = 21;
    /* Sums of 33 products of halves of size one. */
    double tolerance = 1e-5;
    float[] weights = Products.halves(outputs * inputs, 1);
    float[] in = Products.halves(rows * inputs, 2);
    float[] actual = Products.of(weights, outputs, inputs, in, rows, format);
    for (int row = 0; row < rows; row++) {
      for (int out = 0; out < outputs; out++) {
        double sum = 0;
        for (int i = 0; i < inputs; i++) {
          sum += (double) in[row * inputs + i] * weights[out * inputs + i];
        }
        assertThat((double) actual[row * outputs + out]).isCloseTo(sum, within(tolerance));
      }
    }
  }

  @Test
  void multiply_bfloat16_isCloseToLoops() {
    int rows = 5;
    int inputs = 33;
    int outputs = 21;
    /* Sums of 33 products of numbers of size one, each rounded to 8 bits. */
    double tolerance = 0.1;
    float[] weights = Products.halves(outputs * inputs, 1);
    float[] in = Products.halves(rows * inputs, 2);
    float[] actual = Products.of(weights, outputs, inputs, in, rows, WeightFormat.BFLOAT16);
    for (int row = 0; row < rows; row++) {
      for (int out = 0; out < outputs; out++) {
        double sum = 0;
        for (int i = 0; i < inputs; i++) {
          sum += (double) in[row * inputs + i] * weights[out * inputs + i];
        }
        assertThat((double) actual[row * outputs + out]).isCloseTo(sum, within(tolerance));
      }
    }
  }

  @Test
  void bytes_eachFormat_areThoseOfItsElements() {
    try (PackedWeights half =
            PackedWeights.of(Tensors.of(new float[12], 3, 4), WeightFormat.FLOAT16);
        PackedWeights single =
            PackedWeights.of(Tensors.of(new float[12], 3, 4), WeightFormat.FLOAT32)) {
      assertThat(half.bytes()).isEqualTo(24);
      assertThat(single.bytes()).isEqualTo(48);
      assertThat(half.outputs()).isEqualTo(3);
    }
  }

  @Test
  void multiply_closed_isRefused() {
    PackedWeights packed = PackedWeights.of(Tensors.of(new float[12], 3, 4), WeightFormat.FLOAT32);
    packed.close();
    assertThatCode(packed::close).doesNotThrowAnyException();
    try (NativeFloats area = NativeFloats.zeros(8)) {
      assertThatThrownBy(() -> packed.multiply(area, 1, area, new Blas()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("these weights are closed");
    }
  }

  @Test
  void multiply_blockThatIsNotFull_givesTheBitsOfAFullOne() {
    int rows = 4;
    int inputs = 1300;
    float[] in = Products.halves(rows * inputs, 1);
    float[] weights = Products.halves(64 * inputs, 2);
    float[] full = Products.of(weights, 64, inputs, in, rows, WeightFormat.FLOAT16);
    for (int outputs : new int[] {1, 12, 16, 17, 32, 44, 48}) {
      float[] first = Arrays.copyOf(weights, outputs * inputs);
      float[] some = Products.of(first, outputs, inputs, in, rows, WeightFormat.FLOAT16);
      for (int row = 0; row < rows; row++) {
        assertThat(Arrays.copyOfRange(some, row * outputs, (row + 1) * outputs))
            .isEqualTo(Arrays.copyOfRange(full, row * 64, row * 64 + outputs));
      }
    }
  }

  @Test
  void safeRows_anyCount_isTheLeastSafeOneFromThere() {
    int last = 0;
    for (int rows = 0; rows <= 400; rows++) {
      int safe = Fp16Gemm.safeRows(rows);
      assertThat(safe).isBetween(Math.max(rows, last), rows + 5);
      assertThat(Fp16Gemm.safeRows(safe)).isEqualTo(safe);
      last = safe;
    }
  }

  @Test
  void of_eightBits_saysThatTheyNeedAGpu() {
    assertThatThrownBy(
            () -> PackedWeights.of(Tensors.of(new float[] {1}, 1, 1), WeightFormat.FLOAT8_E4M3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "format (FLOAT8_E4M3) needs a GPU.\nMaybe choose FLOAT16 or BFLOAT16 on the CPU.");
  }
}
