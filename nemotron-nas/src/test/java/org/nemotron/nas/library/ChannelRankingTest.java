package org.nemotron.nas.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Seed;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.nas.SmallParent;

final class ChannelRankingTest {
  /** Relative: float32 sums of some dozens of terms in another order. */
  private static final double TOLERANCE = 1e-5;

  private static final int TOKENS = 20;
  private static final int CHANNELS = 12;
  private static final int WIDTH = 6;

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

  private static Tensor activations(long seed) {
    return SmallParent.random(Shapes.of(TOKENS, CHANNELS), new Seed(seed));
  }

  private static Tensor down() {
    return SmallParent.random(Shapes.of(WIDTH, CHANNELS), new Seed(99));
  }

  /** Returns the mean over tokens of how far the output moves without the channels given. */
  private static double bruteForce(Tensor channels, Tensor down, int... without) {
    float[] x = Tensors.floats(channels);
    float[] w = Tensors.floats(down);
    double sum = 0;
    for (int t = 0; t < TOKENS; t++) {
      double squares = 0;
      for (int d = 0; d < WIDTH; d++) {
        double all = 0;
        double rest = 0;
        for (int i = 0; i < CHANNELS; i++) {
          double term = (double) x[t * CHANNELS + i] * w[d * CHANNELS + i];
          int channel = i;
          all += term;
          rest += IntStream.of(without).anyMatch(gone -> gone == channel) ? 0 : term;
        }
        squares += (all - rest) * (all - rest);
      }
      sum += Math.sqrt(squares);
    }
    return sum / TOKENS;
  }

  @Test
  void independent_eachChannel_contributesHowFarTheOutputMovesWithoutIt() {
    Tensor down = down();
    try (IndependentContribution ranking = new IndependentContribution(down)) {
      ranking.observe(activations(1));
      ranking.observe(activations(2));
      double[] contributions = ranking.contributions();
      for (int channel = 0; channel < CHANNELS; channel++) {
        double expected =
            TOKENS
                * (bruteForce(activations(1), down, channel)
                    + bruteForce(activations(2), down, channel));
        assertThat(contributions[channel]).isCloseTo(expected, within(TOLERANCE * expected));
      }
    }
  }

  @Test
  void independent_rankOfKnownContributions_listsChannelsNotRanks() {
    // Contributions 2, 3, 1: channel 1 leads. The list of ranks would begin with 1, 0, 2 as well
    // only if the order were its own inverse; 1, 2, 0 reversed is 2, 0, 1.
    Tensor activations = Tensors.of(new float[] {2, 4, 3, 1}, 1, 4);
    Tensor down = Tensors.of(new float[] {1, 1, 1, 1}, 1, 4);
    try (IndependentContribution ranking = new IndependentContribution(down)) {
      ranking.observe(activations);
      assertThat(ranking.ranked()).isEqualTo(ImmutableIntArray.of(1, 2, 0, 3));
    }
  }

  @Test
  void iterative_oneChannelPerBatch_dropsWhatBruteForceDrops() {
    Tensor down = down();
    try (IterativeElimination ranking = new IterativeElimination(down, CHANNELS)) {
      int[] gone = new int[0];
      for (int batch = 0; batch < CHANNELS; batch++) {
        Tensor channels = activations(batch);
        ranking.observe(channels);
        gone = withCheapest(channels, down, gone);
      }
      int[] mostImportantFirst = new int[CHANNELS];
      for (int place = 0; place < CHANNELS; place++) {
        mostImportantFirst[place] = gone[CHANNELS - 1 - place];
      }
      assertThat(ranking.ranked()).isEqualTo(ImmutableIntArray.copyOf(mostImportantFirst));
    }
  }

  private static int[] withCheapest(Tensor channels, Tensor down, int[] gone) {
    int[] best = gone;
    double least = Double.POSITIVE_INFINITY;
    for (int channel = 0; channel < CHANNELS; channel++) {
      int tried = channel;
      if (IntStream.of(gone).noneMatch(known -> known == tried)) {
        int[] without = IntStream.concat(IntStream.of(gone), IntStream.of(channel)).toArray();
        double cost = bruteForce(channels, down, without);
        if (cost < least) {
          least = cost;
          best = without;
        }
      }
    }
    return best;
  }

  /** Channels 0 and 1 are the same and weak by themselves; 2 is a little stronger than one. */
  private static final float[] TWINS = {1, 1, 1.5f, 9};

  @Test
  void independent_twoDuplicateChannels_keepsBothEqual() {
    Tensor down = Tensors.of(new float[] {1, 1, 0, 0, 0, 0, 1, 1}, 2, 4);
    try (IndependentContribution ranking = new IndependentContribution(down)) {
      ranking.observe(Tensors.of(TWINS, 1, 4));
      double[] contributions = ranking.contributions();
      assertThat(contributions[0]).isEqualTo(contributions[1]);
      assertThat(ranking.ranked()).isEqualTo(ImmutableIntArray.of(3, 2, 0, 1));
    }
  }

  @Test
  void iterative_twoDuplicateChannels_raisesTheSecondOnceTheFirstIsGone() {
    // Without one of them the output moves by 1; without both by 2, more than without channel 0
    // and 2 together, sqrt(1 + 1.5^2) = 1.8.
    Tensor down = Tensors.of(new float[] {1, 1, 0, 0, 0, 0, 1, 1}, 2, 4);
    try (IterativeElimination ranking = new IterativeElimination(down, 4)) {
      for (int batch = 0; batch < 4; batch++) {
        ranking.observe(Tensors.of(TWINS, 1, 4));
      }
      assertThat(ranking.ranked()).isEqualTo(ImmutableIntArray.of(3, 1, 2, 0));
    }
  }

  @Test
  void iterative_batchesThatDoNotDivide_ranksEveryChannelOnce() {
    try (IterativeElimination ranking = new IterativeElimination(down(), 5)) {
      for (int batch = 0; batch < 5; batch++) {
        ranking.observe(activations(batch));
      }
      assertThat(ranking.ranked().asList())
          .containsExactlyInAnyOrderElementsOf(
              ImmutableList.copyOf(IntStream.range(0, CHANNELS).iterator()));
    }
  }

  @Test
  void iterative_askedTooEarly_saysHowManyBatchesAreMissing() {
    try (IterativeElimination ranking = new IterativeElimination(down(), 5)) {
      ranking.observe(activations(1));
      assertThatThrownBy(ranking::ranked)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("1 of 5 batches have been observed");
    }
  }

  @Test
  void heads_eachGroup_contributesHowFarItMovesTheOutput() {
    // Two key/value heads, read by two query heads of three elements each.
    Tensor heads = activations(7);
    Tensor output = down();
    double[] expected = new double[2];
    for (int head = 0; head < 2; head++) {
      int first = head * 6;
      expected[head] = bruteForce(heads, output, IntStream.range(first, first + 6).toArray());
    }
    try (HeadContribution ranking = new HeadContribution(output, 2)) {
      ranking.observe(heads);
      int best = expected[0] > expected[1] ? 0 : 1;
      assertThat(ranking.ranked()).isEqualTo(ImmutableIntArray.of(best, 1 - best));
    }
  }

  @Test
  void heads_deadHead_isLast() {
    Tensor output = down().clone();
    output.narrow(1, 0, 4).zero_();
    try (HeadContribution ranking = new HeadContribution(output, 3)) {
      ranking.observe(activations(7));
      assertThat(ranking.ranked().get(2)).isEqualTo(0);
    }
  }
}
