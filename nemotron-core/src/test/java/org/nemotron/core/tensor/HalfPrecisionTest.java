package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HalfPrecisionTest {
  private static final int ROWS = 70;
  private static final int COLUMNS = 50;

  private NativeScope scope;

  @BeforeEach
  void open() {
    scope = NativeScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  /** Returns weights as a trained model has them: most of size {@code size}, some near zero. */
  private static Tensor usual(double size) {
    SplittableRandom random = new SplittableRandom(1);
    float[] values = new float[ROWS * COLUMNS];
    for (int index = 0; index < values.length; index++) {
      values[index] = (float) (size * random.nextDouble(-1, 1));
    }
    values[3] = 1e-12f;
    values[4] = 0x1p-140f;
    return Tensors.of(values, ROWS, COLUMNS);
  }

  @ParameterizedTest
  @ValueSource(doubles = {65000, 1, 0.02, 1e-4})
  void loss_usualSizes_isNone(double size) {
    assertThat(HalfPrecision.loss(usual(size))).isEmpty();
    assertThat(HalfPrecision.loss(Tensors.cast(usual(size), DType.BFLOAT16))).isEmpty();
    assertThat(HalfPrecision.lossOfTable(usual(size))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(floats = {65505, -65536, 2.7e8f, Float.MAX_VALUE})
  void loss_weightBeyondTheGreatestHalf_isNamed(float weight) {
    Tensor weights = usual(0.02);
    weights.select(0, 17).narrow(0, 9, 1).fill_(new Scalar((double) weight));
    assertThat(HalfPrecision.loss(weights).orElseThrow())
        .startsWith("has a weight of size")
        .endsWith("above half precision's 65504");
    assertThat(HalfPrecision.lossOfTable(weights)).isEqualTo(HalfPrecision.loss(weights));
  }

  @Test
  void loss_smallRow_namesIt() {
    Tensor weights = usual(0.02);
    weights.select(0, 17).mul_(new Scalar(0x1p-22));
    assertThat(HalfPrecision.loss(weights).orElseThrow())
        .matches("has weights too small for half precision: [0-9.e+]+ % of row 17 is lost");
    assertThat(HalfPrecision.lossOfTable(weights)).isEmpty();
  }

  @Test
  void loss_smallColumn_namesItInATableToo() {
    Tensor weights = usual(0.02);
    weights.select(1, 31).mul_(new Scalar(0x1p-30));
    Optional<String> lost = HalfPrecision.loss(weights);
    assertThat(lost)
        .contains("has weights too small for half precision: 100 % of column 31 is lost");
    assertThat(HalfPrecision.lossOfTable(weights)).isEqualTo(lost);
  }

  @Test
  void loss_rowsAndColumnsOfZeros_isNone() {
    Tensor weights = usual(0.02);
    weights.select(0, 5).zero_();
    weights.select(1, 6).zero_();
    assertThat(HalfPrecision.loss(weights)).isEmpty();
    assertThat(HalfPrecision.loss(Tensors.zeros(Device.CPU, DType.FLOAT32, 3, 4))).isEmpty();
    assertThat(HalfPrecision.loss(Tensors.zeros(Device.CPU, DType.FLOAT32, 0, 4))).isEmpty();
  }

  /** The bound is on what is lost, not on the size: few bits may be all that a row has. */
  @Test
  void loss_smallRowThatHalvesHoldExactly_isNone() {
    float[] values = new float[2 * COLUMNS];
    Arrays.fill(values, 0, COLUMNS, 0x1p-24f);
    Arrays.fill(values, COLUMNS, 2 * COLUMNS, 1);
    assertThat(HalfPrecision.loss(Tensors.of(values, 2, COLUMNS))).isEmpty();
    Arrays.fill(values, 0, COLUMNS, 0x1.8p-24f);
    assertThat(HalfPrecision.loss(Tensors.of(values, 2, COLUMNS))).isPresent();
  }

  @Test
  void loss_severalPieces_looksAtEach() {
    int columns = 1000;
    Tensor weights = Tensors.zeros(Device.CPU, DType.FLOAT32, 600, columns);
    weights.fill_(new Scalar(0.5));
    assertThat(HalfPrecision.loss(weights)).isEmpty();
    for (int row : new int[] {0, 261, 262, 263, 599}) {
      weights.select(0, row).fill_(new Scalar(1e5));
      assertThat(HalfPrecision.loss(weights)).as("row %s", row).isPresent();
      weights.select(0, row).fill_(new Scalar(0.5));
    }
  }

  @Test
  void loses_wholeTensorTooSmall_isTrueInPartsToo() {
    Tensor small = usual(0.02).mul(new Scalar(0x1p-22));
    assertThat(HalfPrecision.loses(small)).isTrue();
    assertThat(HalfPrecision.loses(Tensors.cast(small, DType.BFLOAT16))).isTrue();
    assertThat(HalfPrecision.loses(small.mul(new Scalar(0x1p-60)))).isTrue();
    assertThat(HalfPrecision.loses(usual(0.02))).isFalse();
    assertThat(HalfPrecision.loses(small.mul(new Scalar(0)))).isFalse();
    HalfPrecision.Total total = new HalfPrecision.Total();
    total.add(small);
    assertThat(total.isLost()).isTrue();
    total.add(usual(0.02));
    assertThat(total.isLost()).isFalse();
  }

  @Test
  void loss_noMatrix_isRefused() {
    assertThatThrownBy(() -> HalfPrecision.loss(Tensors.of(new float[3], 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 dimensions must be 2");
  }
}
