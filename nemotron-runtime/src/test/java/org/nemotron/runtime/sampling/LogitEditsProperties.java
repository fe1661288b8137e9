package org.nemotron.runtime.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;

/** Bias, penalties and excluded tokens against a second, plain computation of each row. */
final class LogitEditsProperties {
  private static final int VOCABULARY = 24;
  private static final int STEPS = 30;

  private static float[] row(SplittableRandom random) {
    float[] row = new float[VOCABULARY];
    for (int token = 0; token < VOCABULARY; token++) {
      row[token] = (float) random.nextDouble(-4, 4);
    }
    return row;
  }

  @Property(tries = 300)
  void greedyChoiceIsTheLargestOfTheEditedRow(
      @ForAll long seed,
      @ForAll @Scale(3) @DoubleRange(min = -2, max = 2) double presence,
      @ForAll @Scale(3) @DoubleRange(min = -2, max = 2) double frequency,
      @ForAll @Scale(2) @DoubleRange(min = -100, max = 100) double added,
      @ForAll Set<@IntRange(max = VOCABULARY - 1) Integer> allowed,
      @ForAll @IntRange(max = VOCABULARY - 1) int banned,
      @ForAll @IntRange(max = STEPS) int minTokens) {
    int biased = (banned + 5) % VOCABULARY;
    int end = (banned + 7) % VOCABULARY;
    ImmutableSet<Integer> only =
        allowed.isEmpty()
            ? ImmutableSet.of()
            : ImmutableSet.<Integer>builder().addAll(allowed).add(biased, (end + 1) % 24).build();
    SamplingParams settings =
        SamplingParams.builder()
            .temperature(0)
            .repetitionPenalty(1.25)
            .presencePenalty(presence)
            .frequencyPenalty(frequency)
            .logitBias(ImmutableMap.of(biased, added))
            .allowedTokens(only)
            .bannedTokens(ImmutableSet.of(banned))
            .build();
    TokenSampler sampler =
        new TokenSampler(
            settings,
            VOCABULARY,
            ImmutableIntArray.of(2, 3),
            new AnswerLimits(ImmutableSet.of(end), minTokens),
            TokenConstraint.NONE);
    SplittableRandom random = new SplittableRandom(seed);
    List<Integer> answer = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      float[] logits = row(random);
      float[] before = logits.clone();
      float[] edited = logits.clone();
      edited[biased] += (float) added;
      for (int token = 0; token < VOCABULARY; token++) {
        if (token == 2 || token == 3 || answer.contains(token)) {
          edited[token] = edited[token] < 0 ? edited[token] * 1.25f : edited[token] / 1.25f;
        }
        int count = Collections.frequency(answer, token);
        if (count > 0) {
          edited[token] = edited[token] - (float) frequency * count - (float) presence;
        }
        if (token == banned
            || (!only.isEmpty() && !only.contains(token))
            || (token == end && step < minTokens)) {
          edited[token] = Float.NEGATIVE_INFINITY;
        }
      }
      int chosen = sampler.next(logits).token();
      assertThat(chosen).isEqualTo(LogitMath.argmax(edited));
      assertThat(logits).isEqualTo(before);
      answer.add(chosen);
    }
  }

  @Property(tries = 200)
  void logProbabilitiesAreTheModelsOwnWhateverIsEdited(@ForAll long seed) {
    SamplingParams edited =
        SamplingParams.builder()
            .temperature(0.3)
            .topK(3)
            .topP(0.7)
            .repetitionPenalty(1.5)
            .presencePenalty(1)
            .frequencyPenalty(0.5)
            .logitBias(ImmutableMap.of(1, 20.0))
            .bannedTokens(ImmutableSet.of(2))
            .seed(seed)
            .topLogProbs(5)
            .build();
    SplittableRandom random = new SplittableRandom(seed);
    TokenSampler sampler = new TokenSampler(edited, VOCABULARY, ImmutableIntArray.of(0, 1));
    for (int step = 0; step < 5; step++) {
      float[] logits = row(random);
      Sampled sampled = sampler.next(logits.clone());
      assertThat(sampled.logProb()).hasValue(LogProbs.of(logits, sampled.token()).logProb());
      SamplingParams plain = SamplingParams.builder().temperature(0).topLogProbs(5).build();
      assertThat(sampled.top())
          .isEqualTo(
              new TokenSampler(plain, VOCABULARY, ImmutableIntArray.of()).next(logits).top());
    }
  }
}
