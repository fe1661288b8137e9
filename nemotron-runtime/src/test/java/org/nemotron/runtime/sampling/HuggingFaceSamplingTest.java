package org.nemotron.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.InputStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares with what transformers' own processors leave (src/test/resources/sampling). */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HuggingFaceSamplingTest {
  /** The reference divides by the temperature in float32. */
  private static final double FLOAT32_ERROR = 1e-5;

  private static final int DRAWS = 20_000;

  /** Of a chi-square per degree of freedom over at least 1 of them; fixed seeds, so no chance. */
  private static final double PLAUSIBLE = 5;

  @ParameterizedTest
  @MethodSource("cases")
  void probability_everyToken_isTheReferences(Case expected) {
    SamplingParams settings = expected.settings(0);
    float[] logits = expected.logits();
    RepetitionPenalty penalty =
        new RepetitionPenalty(settings.repetitionPenalty(), 0, expected.history());
    penalty.apply(logits);
    float max = logits[LogitMath.argmax(logits)];
    TokenDistribution distribution = new TokenDistribution(settings);
    SamplingCut cut = distribution.cut(logits, max);
    for (int token = 0; token < logits.length; token++) {
      assertThat(distribution.probability(logits, max, cut, token))
          .as("token %s", token)
          .isEqualTo(expected.probability(token), within(FLOAT32_ERROR));
      assertThat(cut.keeps(token, logits[token]))
          .as("token %s stays", token)
          .isEqualTo(expected.probability(token) > 0);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void next_manySeeds_drawsTheReferencesDistribution(Case expected) {
    float[] logits = expected.logits();
    int[] counts = new int[logits.length];
    for (int seed = 0; seed < DRAWS; seed++) {
      TokenSampler sampler =
          new TokenSampler(expected.settings(seed), logits.length, expected.history());
      counts[sampler.next(logits).token()]++;
    }
    double chiSquare = 0;
    int bins = 0;
    for (int token = 0; token < logits.length; token++) {
      double mean = DRAWS * expected.probability(token);
      if (expected.probability(token) == 0) {
        assertThat(counts[token]).as("draws of token %s", token).isZero();
      } else if (mean >= 5) {
        chiSquare += (counts[token] - mean) * (counts[token] - mean) / mean;
        bins++;
      }
    }
    assertThat(chiSquare / Math.max(1, bins - 1)).isLessThan(PLAUSIBLE);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void next_logProbs_areThoseBeforeAnyFilter(Case expected) {
    TokenSampler sampler =
        new TokenSampler(expected.settings(3), expected.logits().length, expected.history());
    Sampled sampled = sampler.next(expected.logits());
    assertThat(sampled.logProb().getAsDouble())
        .isEqualTo(expected.logProb(sampled.token()), within(1e-9));
    assertThat(sampled.top()).hasSize(5);
    assertThat(sampled.top().stream().map(TokenLogProb::token))
        .containsExactlyElementsOf(expected.likeliest(5));
    assertThat(sampled.top())
        .allSatisfy(
            likely ->
                assertThat(likely.logProb())
                    .isEqualTo(expected.logProb(likely.token()), within(1e-9)));
  }

  Stream<Case> cases() throws IOException {
    try (InputStream file = getClass().getResourceAsStream("/sampling/expected.json")) {
      ImmutableList.Builder<Case> cases = ImmutableList.builder();
      new ObjectMapper().readTree(file).forEach(json -> cases.add(new Case(json)));
      return cases.build().stream();
    }
  }

  record Case(JsonNode json) {
    SamplingParams settings(long seed) {
      JsonNode settings = json.get("settings");
      return SamplingParams.builder()
          .temperature(settings.path("temperature").asDouble(1))
          .topK(settings.path("topK").asInt(0))
          .topP(settings.path("topP").asDouble(1))
          .minP(settings.path("minP").asDouble(0))
          .repetitionPenalty(settings.path("repetitionPenalty").asDouble(1))
          .seed(seed)
          .topLogProbs(5)
          .build();
    }

    ImmutableIntArray history() {
      ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
      json.get("history").forEach(token -> tokens.add(token.asInt()));
      return tokens.build();
    }

    float[] logits() {
      float[] logits = new float[json.get("logits").size()];
      for (int i = 0; i < logits.length; i++) {
        logits[i] = (float) json.get("logits").get(i).asDouble();
      }
      return logits;
    }

    double probability(int token) {
      for (JsonNode pair : json.get("probabilities")) {
        if (pair.get(0).asInt() == token) {
          return pair.get(1).asDouble();
        }
      }
      return 0;
    }

    double logProb(int token) {
      return json.get("logProbs").get(token).asDouble();
    }

    ImmutableList<Integer> likeliest(int count) {
      float[] logits = logits();
      return IntStream.range(0, logits.length)
          .boxed()
          .sorted((a, b) -> Float.compare(logits[b], logits[a])) // stable: equal ones by id
          .limit(count)
          .collect(ImmutableList.toImmutableList());
    }

    @Override
    public String toString() {
      return json.get("settings").toString();
    }
  }
}
