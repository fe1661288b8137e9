package org.nemotron.core.activation;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

final class LogitComparisonTest {
  // Shape letters in this file: R = tokens, D = model width, V = vocabulary.

  private static final int ROWS = 11;
  private static final int VOCABULARY = TestModels.VOCABULARY;

  /** Float32 sums over a vocabulary of 37 against float64. */
  private static final double TOLERANCE = 1e-5;

  private NativeScope scope;
  private HeterogeneousModel model;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    model = TestModels.model(TestModels.mixed(), 3);
  }

  @AfterEach
  void close() {
    model.close();
    scope.close();
  }

  private static Tensor hidden(long seed) {
    ImmutableList<Long> shape = Shapes.of(ROWS, TestModels.WIDTH);
    return verifyNotNull(TestModels.weights(ImmutableMap.of("hidden", shape), seed).get("hidden"));
  }

  private static long[] targets() {
    return new Seed(7).random().longs(ROWS, 0, VOCABULARY).toArray();
  }

  private LogitComparison comparison(int chunkRows) {
    return new LogitComparison(model, hidden(1), Tensors.of(targets(), ROWS), chunkRows);
  }

  /** One row's logits as probabilities, in float64. */
  private static double[] logProbabilities(float[] logits, int row) {
    double sum = 0;
    for (int v = 0; v < VOCABULARY; v++) {
      sum += Math.exp(logits[row * VOCABULARY + v]);
    }
    double[] log = new double[VOCABULARY];
    for (int v = 0; v < VOCABULARY; v++) {
      log[v] = logits[row * VOCABULARY + v] - Math.log(sum);
    }
    return log;
  }

  @Test
  void compare_otherHiddenStates_agreesWithFloat64RowByRow() {
    float[] parent = Tensors.floats(model.head(hidden(1)));
    float[] child = Tensors.floats(model.head(hidden(2)));
    try (LogitComparison comparison = comparison(4)) {
      LogitComparison.Rows rows = comparison.compare(hidden(2));
      float[] kl = Tensors.floats(rows.klR());
      float[] loss = Tensors.floats(rows.lossR());
      float[] right = Tensors.floats(rows.rightR());
      for (int row = 0; row < ROWS; row++) {
        double[] p = logProbabilities(parent, row);
        double[] q = logProbabilities(child, row);
        double expected = 0;
        int likeliest = 0;
        for (int v = 0; v < VOCABULARY; v++) {
          expected += Math.exp(p[v]) * (p[v] - q[v]);
          likeliest = q[v] > q[likeliest] ? v : likeliest;
        }
        int target = (int) targets()[row];
        assertThat((double) kl[row]).isCloseTo(expected, within(TOLERANCE)).isGreaterThan(0.001);
        assertThat((double) loss[row]).isCloseTo(-q[target], within(TOLERANCE));
        assertThat(right[row]).isEqualTo(likeliest == target ? 1 : 0);
      }
    }
  }

  @Test
  void compare_chunksOfAnySize_giveWhatOneWholeChunkGives() {
    try (LogitComparison whole = comparison(ROWS)) {
      LogitComparison.Rows expected = whole.compare(hidden(2));
      for (int chunkRows : new int[] {1, 3, 4, 10, 100}) {
        try (LogitComparison chunked = comparison(chunkRows)) {
          LogitComparison.Rows actual = chunked.compare(hidden(2));
          assertClose(actual.klR(), expected.klR());
          assertClose(actual.lossR(), expected.lossR());
          assertClose(actual.rightR(), expected.rightR());
          assertClose(chunked.own().lossR(), whole.own().lossR());
        }
      }
    }
  }

  @Test
  void inPieces_anySize_givesTheBitsOfOnePiece() {
    Tensor parentRV = model.head(hidden(1));
    Tensor normalizersR = parentRV.logsumexp(new long[] {1});
    Tensor childRV = model.head(hidden(2));
    Tensor targetsR = Tensors.of(targets(), ROWS);
    LogitComparison.Rows whole =
        LogitComparison.compared(parentRV, normalizersR, childRV, targetsR);
    for (int pieceRows : new int[] {1, 3, 4, 10, 100}) {
      LogitComparison.Rows pieces =
          LogitComparison.inPieces(parentRV, normalizersR, childRV, targetsR, pieceRows);
      assertThat(Tensors.floats(pieces.klR())).isEqualTo(Tensors.floats(whole.klR()));
      assertThat(Tensors.floats(pieces.lossR())).isEqualTo(Tensors.floats(whole.lossR()));
      assertThat(Tensors.floats(pieces.rightR())).isEqualTo(Tensors.floats(whole.rightR()));
    }
  }

  private static void assertClose(Tensor actual, Tensor expected) {
    assertThat(Tensors.floats(actual)).hasSize(ROWS);
    assertThat(Tensors.floats(actual))
        .usingComparatorWithPrecision((float) TOLERANCE)
        .containsExactly(Tensors.floats(expected));
  }

  @Test
  void compare_someOfTheTokens_isHeldAgainstThese() {
    try (LogitComparison comparison = comparison(4)) {
      float[] all = Tensors.floats(comparison.compare(hidden(2)).klR());
      float[] some = Tensors.floats(comparison.compare(hidden(2).narrow(0, 5, 6), 5).klR());
      for (int row = 0; row < some.length; row++) {
        assertThat((double) some[row]).isCloseTo(all[5 + row], within(TOLERANCE));
      }
    }
  }

  @Test
  void own_statesOfTheModelItself_haveNoDivergenceAndItsLoss() {
    float[] logits = Tensors.floats(model.head(hidden(1)));
    try (LogitComparison comparison = comparison(4)) {
      for (float kl : Tensors.floats(comparison.own().klR())) {
        assertThat((double) kl).isCloseTo(0, within(TOLERANCE));
      }
      float[] loss = Tensors.floats(comparison.own().lossR());
      for (int row = 0; row < ROWS; row++) {
        double expected = -logProbabilities(logits, row)[(int) targets()[row]];
        assertThat((double) loss[row]).isCloseTo(expected, within(TOLERANCE));
      }
    }
  }
}
