package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.tensor.CpuThreads;

/** On what a half-precision product depends, to the last bit. */
final class PackedWeightsProperties {
  @BeforeContainer
  static void useOneCore() {
    CpuThreads.perOperation(1);
  }

  @Property(tries = 60, edgeCases = EdgeCasesMode.NONE)
  void rowIsTheSameAloneAndInCompany(
      @ForAll @IntRange(min = 1, max = 300) int rows,
      @ForAll @IntRange(min = 1, max = 1300) int inputs,
      @ForAll @IntRange(min = 1, max = 70) int outputs,
      @ForAll long seed) {
    float[] weights = Products.halves(outputs * inputs, seed);
    float[] in = Products.halves(rows * inputs, seed + 1);
    float[] together = Products.of(weights, outputs, inputs, in, rows, WeightFormat.FLOAT16);
    for (int row = 0; row < rows; row += 1 + rows / 7) {
      float[] own = Arrays.copyOfRange(in, row * inputs, (row + 1) * inputs);
      assertThat(Products.of(weights, outputs, inputs, own, 1, WeightFormat.FLOAT16))
          .isEqualTo(Arrays.copyOfRange(together, row * outputs, (row + 1) * outputs));
    }
  }

  @Property(tries = 40, edgeCases = EdgeCasesMode.NONE)
  void outputIsTheSameWhereverTheWeightsAreCut(
      @ForAll @IntRange(min = 1, max = 40) int rows,
      @ForAll @IntRange(min = 1, max = 1300) int inputs,
      @ForAll @IntRange(min = 2, max = 70) int outputs,
      @ForAll long seed) {
    float[] weights = Products.halves(outputs * inputs, seed);
    float[] in = Products.halves(rows * inputs, seed + 1);
    float[] whole = Products.of(weights, outputs, inputs, in, rows, WeightFormat.FLOAT16);
    int cut = 1 + (int) Math.floorMod(seed, outputs - 1L);
    float[] last = Arrays.copyOfRange(weights, cut * inputs, weights.length);
    float[] part = Products.of(last, outputs - cut, inputs, in, rows, WeightFormat.FLOAT16);
    for (int row = 0; row < rows; row++) {
      assertThat(Arrays.copyOfRange(part, row * (outputs - cut), (row + 1) * (outputs - cut)))
          .isEqualTo(Arrays.copyOfRange(whole, row * outputs + cut, (row + 1) * outputs));
    }
  }
}
