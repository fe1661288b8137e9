package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class NativeFloatsTest {
  private static final int CAPACITY = 10;

  /** Buffers of four floats: elements 0 to 3, 4 to 7, and 8 to 9. */
  private static final int CHUNK = 4;

  private static float[] numbers(int count) {
    float[] numbers = new float[count];
    for (int index = 0; index < count; index++) {
      numbers[index] = index + 1;
    }
    return numbers;
  }

  @ParameterizedTest
  @CsvSource({"0, 10", "0, 4", "3, 1", "4, 4", "3, 2", "2, 7", "7, 3", "8, 2", "5, 0", "10, 0"})
  void write_acrossBuffers_readGivesItBackAndNothingElseChanges(int from, int length) {
    try (NativeFloats area = NativeFloats.zeros(CAPACITY, CHUNK)) {
      area.write(from, numbers(length + 2), 1, length);
      float[] all = new float[CAPACITY];
      area.read(0, all, 0, CAPACITY);
      float[] part = new float[length + 1];
      area.read(from, part, 1, length);
      for (int index = 0; index < CAPACITY; index++) {
        boolean written = index >= from && index < from + length;
        assertThat(all[index]).isEqualTo(written ? index - from + 2 : 0);
      }
      assertThat(part[0]).isZero();
      for (int index = 0; index < length; index++) {
        assertThat(part[index + 1]).isEqualTo(index + 2);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "4, 0, 3, 4",
    "4, 1, 1, 9",
    "4, 3, 6, 2",
    "10, 0, 3, 4",
    "10, 9, 5, 1",
    "10, 2, 4, 2"
  })
  void writeSpaced_acrossBuffersOrNot_writesEveryStepAndNothingElse(
      int chunk, int from, int step, int length) {
    try (NativeFloats area = NativeFloats.zeros(CAPACITY, chunk)) {
      area.writeSpaced(from, step, numbers(length + 2), 1, length);
      float[] all = new float[CAPACITY];
      area.read(0, all, 0, CAPACITY);
      for (int index = 0; index < CAPACITY; index++) {
        int number = (index - from) / step;
        boolean written = index >= from && (index - from) % step == 0 && number < length;
        assertThat(all[index]).isEqualTo(written ? number + 2 : 0);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 7, 3", "10, 7, 3", "4, -1, 1", "10, -1, 1", "10, 10, 1"})
  void writeSpaced_beyondTheEnd_isRefused(int chunk, int from, int step) {
    try (NativeFloats area = NativeFloats.zeros(CAPACITY, chunk)) {
      assertThatThrownBy(() -> area.writeSpaced(from, step, new float[2], 0, 2))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 11", "7, 4", "10, 1", "12, 1", "-1, 1"})
  void readOrWrite_beyondTheEndOfOneBuffer_isRefused(int from, int length) {
    try (NativeFloats area = NativeFloats.zeros(CAPACITY)) {
      assertThatThrownBy(() -> area.read(from, new float[length], 0, length))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> area.write(from, new float[length], 0, length))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 11", "7, 4", "10, 1", "12, 1", "-1, 1"})
  void readOrWrite_beyondTheEnd_isRefused(int from, int length) {
    try (NativeFloats area = NativeFloats.zeros(CAPACITY, CHUNK)) {
      assertThatThrownBy(() -> area.read(from, new float[length], 0, length))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> area.write(from, new float[length], 0, length))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void of_contiguousFloats_isTheirMemoryAlsoWhenTheTensorIsGone() {
    NativeFloats area;
    try (NativeScope scope = NativeScope.open()) {
      Tensor tensor = Tensors.of(numbers(6), 2, 3);
      area = NativeFloats.of(tensor);
      assertThat(area.address(0)).isEqualTo(tensor.data_ptr().address());
    }
    try (area) {
      assertThat(area.capacity()).isEqualTo(6);
      assertThat(read(area)).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void of_otherOrderOrType_isACopyInRowMajorOrder() {
    try (NativeScope scope = NativeScope.open();
        NativeFloats rotated = NativeFloats.of(Tensors.of(numbers(6), 2, 3).t());
        NativeFloats half =
            NativeFloats.of(Tensors.cast(Tensors.of(numbers(6), 2, 3), DType.BFLOAT16))) {
      assertThat(read(rotated)).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(read(half)).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  private static float[] read(NativeFloats area) {
    float[] all = new float[(int) area.capacity()];
    area.read(0, all, 0, all.length);
    return all;
  }

  @Test
  void view_firstElements_isTheSameMemory() {
    try (NativeFloats area = NativeFloats.zeros(CAPACITY);
        NativeScope scope = NativeScope.open()) {
      area.write(0, numbers(CAPACITY), 0, CAPACITY);
      assertThat(area.view(2, 3).size(1)).isEqualTo(3);
      assertThat(Tensors.floats(area.view(2, 3))).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(area.view(2, 3)).isSameAs(area.view(2, 3));
      assertThat(area.capacity()).isEqualTo(CAPACITY);
    }
  }

  @Test
  void use_closedArea_isRefused() {
    NativeFloats area = NativeFloats.reserve(CAPACITY);
    area.close();
    assertThatCode(area::close).doesNotThrowAnyException();
    assertThatThrownBy(() -> area.read(0, new float[1], 0, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this memory is closed");
    assertThatThrownBy(() -> area.write(0, new float[1], 0, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this memory is closed");
    assertThatThrownBy(() -> area.address(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this memory is closed");
  }

  @Test
  void zeros_noElement_isRefused() {
    assertThatThrownBy(() -> NativeFloats.zeros(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("capacity (0) must be positive");
  }
}
