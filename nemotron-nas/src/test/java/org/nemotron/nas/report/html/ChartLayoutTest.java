package org.nemotron.nas.report.html;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

final class ChartLayoutTest {
  /** Areas are differences of products of a few hundred pixels. */
  private static final double ROUNDING = 1e-9;

  @Test
  void place_pointsCloseTogether_labelsDoNotOverlap() {
    Box frame = new Box(0, 0, 600, 400);
    LabelPlacer placer = new LabelPlacer(frame);
    ImmutableList<Box> labels =
        ImmutableList.of(
            placer.place(300, 200, "first label"),
            placer.place(304, 203, "second label"),
            placer.place(301, 196, "third label"));
    assertThat(labels).allSatisfy(box -> assertThat(box.outside(frame)).isLessThan(ROUNDING));
    assertThat(labels.get(0).overlap(labels.get(1))).isZero();
    assertThat(labels.get(0).overlap(labels.get(2))).isZero();
    assertThat(labels.get(1).overlap(labels.get(2))).isZero();
  }

  @Test
  void place_pointAtTheEdge_staysInTheFrame() {
    Box frame = new Box(0, 0, 600, 400);
    Box label = new LabelPlacer(frame).place(595, 5, "at the corner");
    assertThat(label.outside(frame)).isLessThan(ROUNDING);
  }

  @Test
  void ticks_linearScale_areRoundAndWithin() {
    Scale scale = new Scale.Linear(1_290, 3_660, 0, 100);
    assertThat(scale.ticks(6)).containsExactly(1_500.0, 2_000.0, 2_500.0, 3_000.0, 3_500.0);
  }

  @Test
  void ticks_logarithmicScale_arePowersOfTenOverManyDecades() {
    Scale scale = new Scale.Logarithmic(0.0005, 0.5, 0, 100);
    assertThat(scale.ticks(5)).containsExactly(0.001, 0.01, 0.1);
  }

  @Test
  void at_logarithmicScale_equalQuotientsAreEqualDistances() {
    Scale scale = new Scale.Logarithmic(0.01, 1, 0, 100);
    assertThat(scale.at(0.1)).isEqualTo(50);
  }

  @Test
  void linear_constantValue_stillHasARange() {
    assertThat(Scale.linear(5, 5, 0, 100).at(5)).isBetween(0.0, 100.0);
  }
}
