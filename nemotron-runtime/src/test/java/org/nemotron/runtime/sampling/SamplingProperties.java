package org.nemotron.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;

final class SamplingProperties {
  /** Rows with ties: few distinct values. */
  @Provide
  Arbitrary<float[]> rows() {
    return Arbitraries.integers()
        .between(-40, 40)
        .map(quarter -> quarter / 4f)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60)
        .map(SamplingProperties::toArray);
  }

  @Property
  void likeliestTokensAreTheHeadOfASortedRow(
      @ForAll("rows") float[] logits, @ForAll @IntRange(min = 1, max = 70) int k) {
    int[] sorted = sorted(logits);
    int count = Math.min(k, logits.length);
    assertThat(LikeliestTokens.of(logits, k)).isEqualTo(Arrays.copyOf(sorted, count));
    assertThat(LikeliestTokens.kthLogit(logits, k)).isEqualTo(logits[sorted[count - 1]]);
  }

  @Property
  void topPKeepsTheShortestHeadThatReachesP(
      @ForAll("rows") float[] logits,
      @ForAll @Scale(6) @DoubleRange(min = 0.01, max = 0.999) double topP,
      @ForAll @Scale(6) @DoubleRange(min = 0.05, max = 20) double temperature) {
    int[] sorted = sorted(logits);
    float max = logits[sorted[0]];
    TokenDistribution distribution =
        new TokenDistribution(SamplingParams.builder().temperature(temperature).topP(topP).build());
    SamplingCut cut = distribution.cut(logits, max);
    int kept = (int) IntStream.range(0, logits.length).filter(t -> cut.keeps(t, logits[t])).count();

    assertThat(IntStream.of(sorted).limit(kept)).allMatch(token -> cut.keeps(token, logits[token]));
    assertThat(headProbability(distribution, logits, max, sorted, kept)).isGreaterThan(topP - 1e-9);
    assertThat(headProbability(distribution, logits, max, sorted, kept - 1))
        .isLessThan(topP + 1e-9);
  }

  @Property
  void exponentialIsThatOfTheLibrary(
      @ForAll @Scale(12) @DoubleRange(min = -700, max = 0) double x) {
    assertThat(PortableExp.of(x) / Math.exp(x)).isEqualTo(1, within(3e-14));
  }

  @Property
  void keptProbabilitiesAddUpToOne(
      @ForAll("rows") float[] logits,
      @ForAll @IntRange(max = 70) int topK,
      @ForAll @Scale(6) @DoubleRange(min = 0.01, max = 1) double topP,
      @ForAll @Scale(6) @DoubleRange(min = 0, max = 1) double minP) {
    TokenDistribution distribution =
        new TokenDistribution(SamplingParams.builder().topK(topK).topP(topP).minP(minP).build());
    float max = logits[LogitMath.argmax(logits)];
    SamplingCut cut = distribution.cut(logits, max);
    assertThat(
            IntStream.range(0, logits.length)
                .mapToDouble(token -> distribution.probability(logits, max, cut, token))
                .sum())
        .isEqualTo(1, within(1e-12));
  }

  @Property
  void drawnTokenIsTheOneAtItsShare(
      @ForAll("rows") float[] logits,
      @ForAll @Scale(6) @DoubleRange(min = 0, max = 0.999999) double share,
      @ForAll @Scale(6) @DoubleRange(min = 0.1, max = 1) double topP) {
    TokenDistribution distribution =
        new TokenDistribution(SamplingParams.builder().topP(topP).build());
    float max = logits[LogitMath.argmax(logits)];
    SamplingCut cut = distribution.cut(logits, max);
    int drawn = distribution.draw(logits, max, share);
    double before =
        IntStream.range(0, drawn)
            .mapToDouble(token -> distribution.probability(logits, max, cut, token))
            .sum();
    assertThat(share)
        .isBetween(
            before - 1e-9, before + distribution.probability(logits, max, cut, drawn) + 1e-9);
  }

  @Property
  void penaltyCountsTheTokensOfTheWindowOnce(
      @ForAll("rows") float[] logits,
      @ForAll List<@IntRange(max = 59) Integer> seen,
      @ForAll @IntRange(max = 20) int window) {
    List<Integer> tokens = seen.stream().map(token -> token % logits.length).toList();
    int split = tokens.size() / 2;
    RepetitionPenalty penalty =
        new RepetitionPenalty(1.5, window, ImmutableIntArray.copyOf(tokens.subList(0, split)));
    tokens.subList(split, tokens.size()).forEach(penalty::add);
    float[] changed = logits.clone();
    penalty.apply(changed);

    List<Integer> counted =
        window == 0 ? tokens : tokens.subList(Math.max(0, tokens.size() - window), tokens.size());
    for (int token = 0; token < logits.length; token++) {
      float logit = logits[token];
      float expected = !counted.contains(token) ? logit : logit < 0 ? logit * 1.5f : logit / 1.5f;
      assertThat(changed[token]).isEqualTo(expected);
    }
    penalty.takeBack(changed);
    assertThat(changed).isEqualTo(logits);
  }

  private static double headProbability(
      TokenDistribution distribution, float[] logits, float max, int[] sorted, int count) {
    return IntStream.of(sorted)
        .limit(count)
        .mapToDouble(token -> distribution.probability(logits, max, SamplingCut.NONE, token))
        .sum();
  }

  private static int[] sorted(float[] logits) {
    return IntStream.range(0, logits.length)
        .boxed()
        .sorted(Comparator.comparingDouble((Integer token) -> -logits[token]))
        .mapToInt(token -> token)
        .toArray();
  }

  private static float[] toArray(List<Float> values) {
    float[] row = new float[values.size()];
    for (int i = 0; i < row.length; i++) {
      row[i] = values.get(i);
    }
    return row;
  }
}
