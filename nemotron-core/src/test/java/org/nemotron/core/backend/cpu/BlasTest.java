package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.CpuThreads;

/** Each product against loops over plain arrays, with rows that do not lie side by side. */
final class BlasTest {
  /** Float32 sums of eleven terms of size one. */
  private static final double TOLERANCE = 1e-5;

  private static final int ROWS = 5;
  private static final int INNER = 11;
  private static final int COLUMNS = 7;
  private static final int STRIDE = 13;
  private static final int FROM = 3;
  private static final int SIZE = 200;

  private final SplittableRandom random = new SplittableRandom(5);
  private final float[] a = numbers();
  private final float[] b = numbers();
  private final float[] before = numbers();
  private final Blas blas = new Blas();
  private final NativeFloats areaA = area(a);
  private final NativeFloats areaB = area(b);
  private final NativeFloats result = area(before);
  private CpuThreads.Lease oneCore;

  @BeforeEach
  void useOneCore() {
    oneCore = CpuThreads.onePerOperation();
  }

  @AfterEach
  void close() {
    areaA.close();
    areaB.close();
    result.close();
    oneCore.close();
  }

  private float[] numbers() {
    float[] numbers = new float[SIZE];
    for (int index = 0; index < SIZE; index++) {
      numbers[index] = (float) (2 * random.nextDouble() - 1);
    }
    return numbers;
  }

  private static NativeFloats area(float[] values) {
    NativeFloats area = NativeFloats.zeros(SIZE);
    area.write(0, values, 0, SIZE);
    return area;
  }

  private void fillWithNaN() {
    Arrays.fill(before, Float.NaN);
    result.write(0, before, 0, SIZE);
  }

  private double a(int row, int column) {
    return a[FROM + row * STRIDE + column];
  }

  private double b(int row, int column) {
    return b[FROM + row * STRIDE + column];
  }

  private void assertResult(int rows, int columns, int stride, Expected expected) {
    float[] after = new float[SIZE];
    result.read(0, after, 0, SIZE);
    for (int index = 0; index < SIZE; index++) {
      int row = (index - FROM) / stride;
      int column = (index - FROM) % stride;
      if (index >= FROM && row < rows && column < columns) {
        assertThat((double) after[index]).isCloseTo(expected.at(row, column), within(TOLERANCE));
      } else {
        assertThat(Float.compare(after[index], before[index])).isZero();
      }
    }
  }

  private interface Expected {
    double at(int row, int column);
  }

  private double transposed(int column) {
    double sum = 0;
    for (int i = 0; i < ROWS; i++) {
      sum += 0.5 * a(i, column) * b[2 + i];
    }
    return sum;
  }

  @Test
  void multiplyTransposed_betaZero_overwritesWhateverWasThere() {
    fillWithNaN();
    blas.multiplyTransposed(ROWS, INNER, 0.5f, areaA, FROM, STRIDE, areaB, 2, 0, result, FROM);
    assertResult(1, INNER, SIZE, (row, column) -> transposed(column));
  }

  @Test
  void multiplyTransposed_betaOne_addsToWhatWasThere() {
    blas.multiplyTransposed(ROWS, INNER, 0.5f, areaA, FROM, STRIDE, areaB, 2, 1, result, FROM);
    assertResult(1, INNER, SIZE, (row, column) -> before[FROM + column] + transposed(column));
  }

  private double product(int row, int column) {
    double sum = 0;
    for (int i = 0; i < INNER; i++) {
      sum += 0.5 * a(row, i) * b(i, column);
    }
    return sum;
  }

  @Test
  void multiplyBy_betaZero_overwritesWhateverWasThere() {
    fillWithNaN();
    blas.multiplyBy(
        ROWS, COLUMNS, INNER, 0.5f, areaA, FROM, STRIDE, areaB, FROM, STRIDE, 0, result, FROM, 9);
    assertResult(ROWS, COLUMNS, 9, this::product);
  }

  @Test
  void multiplyBy_betaOne_addsToWhatWasThere() {
    blas.multiplyBy(
        ROWS, COLUMNS, INNER, 0.5f, areaA, FROM, STRIDE, areaB, FROM, STRIDE, 1, result, FROM, 9);
    assertResult(
        ROWS, COLUMNS, 9, (row, column) -> before[FROM + row * 9 + column] + product(row, column));
  }
}
