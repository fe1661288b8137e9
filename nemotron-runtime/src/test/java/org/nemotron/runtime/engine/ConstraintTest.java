package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.sampling.TokenMask;

/** A mask on the logits, in the engine. */
final class ConstraintTest {
  private static TextGenerator generator;

  @BeforeAll
  static void open() throws IOException {
    generator = SmallModel.generator(EngineSettings.builder().threads(1).build());
  }

  @AfterAll
  static void close() {
    generator.close();
  }

  private static GenerationRequest request(TokenConstraint constraint, long seed) {
    return GenerationRequest.continuing(
            ImmutableIntArray.copyOf(new SplittableRandom(seed).ints(5 + seed * 11, 0, 4096)))
        .maxNewTokens(30)
        .ignoreEndTokens()
        .sampling(
            SamplingParams.builder()
                .seed(seed)
                .presencePenalty(0.5)
                .logitBias(ImmutableMap.of(14, 5.0))
                .build())
        .constraint(constraint)
        .build();
  }

  @Test
  void constraint_remainders_areKeptAndTheAnswerEndsComplete() {
    GenerationResult result = generator.generate(request(Remainders.until(20), 1));
    assertThat(result.finish()).isEqualTo(FinishReason.COMPLETE);
    assertThat(result.tokens().length()).isEqualTo(20);
    for (int i = 0; i < 20; i++) {
      int before = i == 0 ? 0 : result.tokens().get(i - 1);
      assertThat(result.tokens().get(i) % 7).isEqualTo((before + 1) % 7);
    }
  }

  /** Token 5 ends answers, and would follow by the rule at once: it must wait for the state. */
  @Test
  void constraint_endTokenBeforeTheEnd_isNotChosen() {
    SamplingParams likesToEnd =
        SamplingParams.builder().seed(2).logitBias(ImmutableMap.of(5, 100.0)).build();
    GenerationRequest request =
        GenerationRequest.continuing(new int[] {9, 4})
            .maxNewTokens(30)
            .stopTokens(List.of(5))
            .sampling(likesToEnd)
            .constraint(Remainders.until(8))
            .build();
    GenerationResult result = generator.generate(request);
    assertThat(result.tokens().length()).isEqualTo(8);
    assertThat(result.tokens().contains(5)).isFalse();
    assertThat(result.finish()).isEqualTo(FinishReason.COMPLETE);
  }

  @Test
  void generateAll_constraintsAndPenalties_giveEachWhatItGetsAlone() {
    ImmutableList<GenerationRequest> requests =
        IntStream.range(0, 17)
            .mapToObj(i -> request(i % 4 == 3 ? TokenConstraint.NONE : Remainders.until(5 + i), i))
            .collect(ImmutableList.toImmutableList());
    ImmutableList<GenerationResult> together = generator.generateAll(requests);
    for (int i = 0; i < requests.size(); i++) {
      assertThat(together.get(i).tokens()).isEqualTo(generator.generate(requests.get(i)).tokens());
    }
  }

  private static TokenConstraint failing(RuntimeException reason) {
    return () ->
        new TokenConstraint.State() {
          @Override
          public TokenMask allowed() {
            return TokenMask.of(List.of(1, 2, 3));
          }

          @Override
          public boolean mayEnd() {
            return false;
          }

          @Override
          public TokenConstraint.State after(int chosen) {
            throw reason;
          }
        };
  }

  @Test
  void constraint_throws_failsItsRequestOnly() {
    Generation other = generator.submit(request(TokenConstraint.NONE, 3));
    TokenConstraint broken = failing(new IllegalArgumentException("of a test"));
    assertThatThrownBy(() -> generator.generate(request(broken, 4)))
        .isInstanceOf(GenerationFailedException.class)
        .hasMessage(
            "the request failed: the constraint of the request failed:"
                + " java.lang.IllegalArgumentException: of a test");
    assertThat(other.await().finish()).isEqualTo(FinishReason.LENGTH);
    assertThat(generator.isRunning()).isTrue();
  }

  @Test
  void constraint_throwsBeforeTheFirstToken_isRefusedWhereItIsSubmitted() {
    TokenConstraint broken =
        () -> {
          throw new IllegalArgumentException("of a test");
        };
    assertThatThrownBy(() -> generator.submit(request(broken, 4)))
        .isInstanceOf(RequestRefusedException.class)
        .hasMessage(
            "the constraint of the request failed: java.lang.IllegalArgumentException: of a test");
    assertThat(generator.isRunning()).isTrue();
  }

  private record Endless() implements TokenConstraint.State {
    @Override
    public TokenMask allowed() {
      return TokenMask.of(List.of(1, 2, 3));
    }

    @Override
    public boolean mayEnd() {
      throw new StackOverflowError();
    }

    @Override
    public TokenConstraint.State after(int token) {
      return this;
    }
  }

  @Test
  void constraint_recursesForEver_failsItsRequestOnly() {
    assertThatThrownBy(() -> generator.generate(request(Endless::new, 4)))
        .hasMessageContaining("the constraint of the request failed: java.lang.StackOverflowError");
    assertThat(generator.generate(request(TokenConstraint.NONE, 3)).finish())
        .isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void constraint_deadEnd_failsItsRequestOnly() {
    TokenConstraint deadEnd = () -> new Remainders(5, 4, 0);
    assertThatThrownBy(() -> generator.generate(request(deadEnd, 4)))
        .isInstanceOf(GenerationFailedException.class)
        .hasMessageContaining("no token can follow");
    assertThat(generator.isRunning()).isTrue();
  }
}
