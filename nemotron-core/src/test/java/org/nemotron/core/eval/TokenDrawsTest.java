package org.nemotron.core.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class TokenDrawsTest {
  private static final int DRAWS = 4000;

  /** Probabilities at a temperature of 1, out of order. */
  private static final double[] SHARES = {0.1, 0.4, 0.05, 0.3, 0.15};

  private static Multiset<Integer> drawn(float[] logits, double temperature, double topP) {
    TokenDraws draws = new TokenDraws(temperature, topP, 7);
    return IntStream.range(0, DRAWS)
        .mapToObj(i -> draws.next(logits, 0))
        .collect(Collectors.toCollection(HashMultiset::create));
  }

  private static float[] logs() {
    float[] logits = new float[SHARES.length];
    for (int token = 0; token < logits.length; token++) {
      logits[token] = (float) Math.log(SHARES[token]);
    }
    return logits;
  }

  @Test
  void next_all_areDrawnAsOftenAsTheirProbability() {
    Multiset<Integer> drawn = drawn(logs(), 1, 1);
    for (int token = 0; token < SHARES.length; token++) {
      assertThat(drawn.count(token) / (double) DRAWS).isCloseTo(SHARES[token], within(0.03));
    }
  }

  @Test
  void next_topP_isDrawnAmongTheFewestThatHaveIt() {
    Multiset<Integer> drawn = drawn(logs(), 1, 0.8);
    assertThat(drawn.elementSet()).containsExactlyInAnyOrder(1, 3, 4);
    assertThat(drawn.count(1) / (double) DRAWS).isCloseTo(0.4 / 0.85, within(0.03));
    assertThat(drawn(logs(), 1, 0.39).elementSet()).containsExactly(1);
    assertThat(drawn(logs(), 1, 0.41).elementSet()).containsExactlyInAnyOrder(1, 3);
  }

  /** At half the temperature shares are squared: the first has 0.57 of all. */
  @Test
  void next_topP_countsAtTheTemperature() {
    assertThat(drawn(logs(), 0.5, 0.5).elementSet()).containsExactly(1);
  }

  @Test
  void next_equallyLikely_theFirstStay() {
    assertThat(drawn(new float[] {2, 2, 2, 2}, 1, 0.5).elementSet())
        .containsExactlyInAnyOrder(0, 1);
  }

  @Property(tries = 200)
  void next_anyLogits_isAmongTheLikeliest(
      @ForAll @Size(min = 1, max = 30) List<@FloatRange(min = -9, max = 9) Float> logits,
      @ForAll @DoubleRange(min = 0.05, max = 1) double topP,
      @ForAll long seed) {
    float[] values = new float[logits.size()];
    double sum = 0;
    for (int token = 0; token < values.length; token++) {
      values[token] = logits.get(token);
      sum += Math.exp(values[token]);
    }
    int token = new TokenDraws(1, topP, seed).next(values, 0);
    double before = 0;
    for (int other :
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparing((Integer at) -> -values[at]))
            .toList()) {
      before += values[other] > values[token] ? Math.exp(values[other]) / sum : 0;
    }
    assertThat(before).isLessThan(topP + 1e-9);
  }
}
