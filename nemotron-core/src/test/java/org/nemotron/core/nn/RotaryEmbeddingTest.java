package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableDoubleArray;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class RotaryEmbeddingTest {
  /** Products of two float32 numbers of at most 1, added once. */
  private static final double TOLERANCE = 1e-6;

  /** Both sides are float64 and differ in the order of operations only. */
  private static final double FLOAT64_TOLERANCE = 1e-15;

  private static final int HEAD_DIM = 16;
  private static final int HALF = HEAD_DIM / 2;

  private NativeScope scope;

  @BeforeEach
  void openScope() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void apply_atAnyPosition_turnsEachPairByItsAngle() {
    // The first table has 1024 positions: 3000 and 1023 lie behind and across its end.
    for (int start : new int[] {0, 5, 1023, 3000}) {
      assertRotated(new RopeSpec.Plain(10_000), start);
    }
  }

  @Test
  void apply_llama3_turnsByScaledAngles() {
    assertRotated(new RopeSpec.Llama3(500_000, 8, 1, 4, 8192), 4000);
  }

  private static void assertRotated(RopeSpec rope, int start) {
    float[] head = new float[2 * HEAD_DIM];
    for (int i = 0; i < head.length; i++) {
      head[i] = (float) Math.sin(1 + 3 * i);
    }
    try (RotaryEmbedding rotary =
        new RotaryEmbedding(rope, HEAD_DIM, 4096, DType.FLOAT32, Device.CPU)) {
      Tensor rotated = rotary.apply(Tensors.of(head, 1, 1, 2, HEAD_DIM), start);
      float[] actual = Tensors.floats(rotated);
      for (int t = 0; t < 2; t++) {
        for (int i = 0; i < HALF; i++) {
          double angle = (start + t) * rope.inverseFrequencies(HEAD_DIM).get(i);
          double first = head[t * HEAD_DIM + i];
          double second = head[t * HEAD_DIM + HALF + i];
          assertThat((double) actual[t * HEAD_DIM + i])
              .isCloseTo(first * Math.cos(angle) - second * Math.sin(angle), within(TOLERANCE));
          assertThat((double) actual[t * HEAD_DIM + HALF + i])
              .isCloseTo(second * Math.cos(angle) + first * Math.sin(angle), within(TOLERANCE));
        }
      }
    }
  }

  @Test
  void inverseFrequencies_plain_areAGeometricRow() {
    ImmutableDoubleArray frequencies = new RopeSpec.Plain(10_000).inverseFrequencies(HEAD_DIM);
    assertThat(frequencies.length()).isEqualTo(HALF);
    for (int i = 0; i < HALF; i++) {
      assertThat(frequencies.get(i))
          .isCloseTo(Math.pow(10_000, -2.0 * i / HEAD_DIM), within(FLOAT64_TOLERANCE));
    }
  }

  @Test
  void inverseFrequencies_llama3_keepsShortStretchesLongAndBlendsBetween() {
    double theta = 500_000;
    double context = 8192;
    int headDim = 128;
    ImmutableDoubleArray scaled =
        new RopeSpec.Llama3(theta, 8, 1, 4, 8192).inverseFrequencies(headDim);
    int kept = 0;
    int stretched = 0;
    int blended = 0;
    for (int i = 0; i < headDim / 2; i++) {
      double plain = Math.pow(theta, -2.0 * i / headDim);
      double waves = context * plain / (2 * Math.PI);
      double expected;
      if (waves > 4) {
        expected = plain;
        kept++;
      } else if (waves < 1) {
        expected = plain / 8;
        stretched++;
      } else {
        double share = (waves - 1) / 3;
        expected = share * plain + (1 - share) * plain / 8;
        blended++;
      }
      assertThat(scaled.get(i)).isCloseTo(expected, within(FLOAT64_TOLERANCE));
    }
    assertThat(kept).isPositive();
    assertThat(stretched).isPositive();
    assertThat(blended).isPositive();
  }

  @Test
  void apply_beyondTheLongestContext_namesBoth() {
    try (RotaryEmbedding rotary =
        new RotaryEmbedding(new RopeSpec.Plain(1e4), HEAD_DIM, 32, DType.FLOAT32, Device.CPU)) {
      Tensor heads = Tensors.of(new float[HEAD_DIM], 1, 1, 1, HEAD_DIM);
      assertThatThrownBy(() -> rotary.apply(heads, 32))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a context of 33 tokens must not exceed max_position_embeddings (32)");
    }
  }
}
