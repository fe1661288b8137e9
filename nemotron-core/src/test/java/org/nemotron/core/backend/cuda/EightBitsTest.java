package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class EightBitsTest {
  private static final float MOST = 448;

  /**
   * Values that published tables of e4m3 list: the smallest, the first normal one, 1, the largest.
   */
  @Test
  void decoded_codesOfTheStandard_areItsValues() {
    assertThat(PlainEightBits.decoded(0x01)).isEqualTo(0x1p-9f);
    assertThat(PlainEightBits.decoded(0x07)).isEqualTo(0.875f * 0x1p-6f);
    assertThat(PlainEightBits.decoded(0x08)).isEqualTo(0x1p-6f);
    assertThat(PlainEightBits.decoded(0x38)).isEqualTo(1);
    assertThat(PlainEightBits.decoded(0x7e)).isEqualTo(MOST);
    assertThat(PlainEightBits.decoded(0xfe)).isEqualTo(-MOST);
    assertThat(PlainEightBits.decoded(0x7f)).isNaN();
  }

  @Test
  void of_everyCodeTimesAScale_isHeldExactly() {
    float[] values = new float[254];
    for (int i = 0; i < values.length; i++) {
      values[i] = PlainEightBits.decoded(i < 127 ? i : i + 1) / 8;
    }
    try (NativeScope scope = NativeScope.open()) {
      Tensor matrix = Tensors.of(values, 1, values.length);
      EightBits held = EightBits.of(ImmutableList.of(() -> matrix), Device.CPU);
      assertThat(floats(held.scales1N())).containsExactly(1f / 8);
      assertThat(floats(held.weightNK().to(ScalarType.Float).div(new Scalar(8))))
          .containsExactly(values);
    }
  }

  /**
   * Rows have scales of their own, whichever matrix they come from; bfloat16 values are rounded
   * once.
   */
  @Test
  void of_severalMatrices_roundsEachRowAsTheDefinitionDoes() {
    SplittableRandom random = new SplittableRandom(4);
    float[][] rows = new float[5][16];
    for (int row = 0; row < rows.length; row++) {
      for (int i = 0; i < 16; i++) {
        rows[row][i] = shortened((float) ((random.nextDouble() - 0.5) * Math.pow(10, row - 2)));
      }
    }
    rows[4] = new float[16];
    try (NativeScope scope = NativeScope.open()) {
      Tensor first = Tensors.of(flat(rows, 0, 2), 2, 16);
      Tensor second = Tensors.of(flat(rows, 2, 5), 3, 16);
      EightBits held = EightBits.of(ImmutableList.of(() -> first, () -> second), Device.CPU);
      float[] scales = floats(held.scales1N());
      float[] codes = floats(held.weightNK().view(ScalarType.Byte).to(ScalarType.Float));
      assertThat(held.scales1N().size(1)).isEqualTo(5);
      for (int row = 0; row < rows.length; row++) {
        assertThat(scales[row]).isEqualTo(Math.max(largest(rows[row]) / MOST, 1e-12f));
        for (int i = 0; i < 16; i++) {
          assertThat((int) codes[16 * row + i])
              .isEqualTo(PlainEightBits.encoded(rows[row][i] / scales[row]));
        }
      }
    }
  }

  private static float shortened(float value) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(value) & 0xffff0000);
  }

  private static float largest(float[] row) {
    float most = 0;
    for (float value : row) {
      most = Math.max(most, Math.abs(value));
    }
    return most;
  }

  private static float[] flat(float[][] rows, int from, int to) {
    float[] all = new float[16 * (to - from)];
    for (int row = from; row < to; row++) {
      System.arraycopy(rows[row], 0, all, 16 * (row - from), 16);
    }
    return all;
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.numel()];
    tensor.contiguous().data_ptr_float().get(values);
    return values;
  }
}
