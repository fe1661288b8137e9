package org.nemotron.core.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

final class ShapesTest {
  @Test
  void elements_shape_isTheProductOfItsSizes() {
    assertThat(Shapes.elements(Shapes.of(3, 4, 5))).isEqualTo(60);
    assertThat(Shapes.elements(Shapes.of())).isEqualTo(1);
    assertThat(Shapes.elements(Shapes.of(3, 0))).isZero();
  }

  @Test
  void elements_severalShapes_areAdded() {
    assertThat(Shapes.elements(ImmutableList.of(Shapes.of(3, 4), Shapes.of(5)))).isEqualTo(17);
    assertThat(Shapes.elements(ImmutableList.<ImmutableList<Long>>of())).isZero();
  }

  @Test
  void elements_moreThanALongHolds_areRefused() {
    assertThatThrownBy(() -> Shapes.elements(Shapes.of(Long.MAX_VALUE, 2)))
        .isInstanceOf(ArithmeticException.class);
    assertThatThrownBy(() -> Shapes.elements(Shapes.of(0, Long.MAX_VALUE, 2)))
        .isInstanceOf(ArithmeticException.class);
    ImmutableList<Long> half = Shapes.of(1L << 62);
    assertThatThrownBy(() -> Shapes.elements(ImmutableList.of(half, half)))
        .isInstanceOf(ArithmeticException.class);
  }
}
