package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.runtime.sampling.SamplingParams;

/** An engine whose model several ranks share answers as one rank does. */
final class TensorParallelEngineTest {
  private static final ImmutableIntArray LONG = tokens(1, 301);

  private static ImmutableIntArray tokens(int from, int to) {
    return ImmutableIntArray.copyOf(IntStream.range(from, to));
  }

  private static ImmutableIntArray joined(ImmutableIntArray first, int... more) {
    return ImmutableIntArray.builder().addAll(first).addAll(more).build();
  }

  /** Steps read 64 tokens of prompts: the long ones come in pieces beside others' tokens. */
  private static EngineSettings settings(int degree) {
    return EngineSettings.builder().prefillTokens(64).threads(2).tensorParallel(degree).build();
  }

  private static GenerationRequest greedy(ImmutableIntArray prompt, int tokens) {
    return GenerationRequest.continuing(prompt).maxNewTokens(tokens).build();
  }

  private static GenerationRequest sampled(ImmutableIntArray prompt) {
    return GenerationRequest.continuing(prompt)
        .maxNewTokens(20)
        .sampling(SamplingParams.builder().temperature(0.8).topP(0.9).seed(7).build())
        .build();
  }

  /** The second half of the requests begins like the first, so that pages are shared. */
  private static List<ImmutableIntArray> answers(TextGenerator generator) {
    ImmutableList<GenerationRequest> first =
        ImmutableList.of(greedy(LONG, 30), greedy(tokens(5, 8), 40), sampled(tokens(40, 120)));
    ImmutableList<GenerationRequest> second =
        ImmutableList.of(
            greedy(joined(LONG, 9, 8), 10), sampled(joined(LONG, 17)), greedy(LONG, 5));
    return ImmutableList.of(first, second).stream()
        .flatMap(requests -> generator.generateAll(requests).stream())
        .map(GenerationResult::tokens)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void answers_ofSeveralRanks_areThoseOfOne(int degree) throws IOException {
    try (TextGenerator one = SmallModel.generator(settings(1));
        TextGenerator ranks = SmallModel.generator(settings(degree))) {
      assertThat(answers(ranks)).isEqualTo(answers(one));
      assertThat(ranks.metrics().cache().usedPages()).isZero();
    }
  }

  @Test
  void scores_ofTwoRanks_areThoseOfOne() throws IOException {
    try (TextGenerator one = SmallModel.generator(settings(1));
        TextGenerator ranks = SmallModel.generator(settings(2))) {
      List<Float> expected = logProbs(one);
      List<Float> seen = logProbs(ranks);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(seen.get(i))
            .isCloseTo(expected.get(i), org.assertj.core.data.Offset.offset(1e-4f));
      }
    }
  }

  private static List<Float> logProbs(TextGenerator generator) {
    return generator.score(LONG, 200).stream().map(token -> (float) token.logProb()).toList();
  }

  @Test
  void cancel_whileAnotherRuns_endsOneAndNotTheOther() throws IOException {
    try (TextGenerator ranks = SmallModel.generator(settings(2))) {
      Generation leaving = ranks.submit(greedy(LONG, 200));
      Generation other = ranks.submit(greedy(tokens(5, 8), 60));
      Generation unused = leaving.pieces().findFirst().map(piece -> leaving).orElseThrow();
      leaving.cancel();
      assertThat(leaving.await().finish()).isEqualTo(FinishReason.CANCELLED);
      assertThat(other.await().generatedTokens()).isEqualTo(60);
      assertThat(ranks.generate(greedy(tokens(1, 4), 3)).generatedTokens()).isEqualTo(3);
    }
  }

  @Test
  void aRankThatFails_endsTheEngineWithItsName_andItCloses() throws IOException {
    try (TextGenerator ranks = SmallModel.generator(settings(2))) {
      Generation generation = ranks.submit(greedy(LONG, 200));
      Thread rank = thread("nemotron-rank-1");
      while (!generation.future().isDone()) {
        rank.interrupt();
        Thread.onSpinWait();
      }
      assertThatThrownBy(generation::await)
          .isInstanceOf(GenerationFailedException.class)
          .hasRootCauseInstanceOf(InterruptedException.class)
          .hasStackTraceContaining("rank 1 of 2 (cpu)")
          .hasStackTraceContaining(RankFailureException.class.getName());
      assertThatThrownBy(() -> ranks.submit(greedy(LONG, 2)))
          .isInstanceOf(GenerationFailedException.class);
      assertThat(ranks.isRunning()).isFalse();
    }
  }

  /** The engine's, of which there is one in this process. */
  private static Thread thread(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void wrongDegrees_areRefusedByName() {
    assertThatThrownBy(() -> EngineSettings.builder().tensorParallel(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensorParallel (0) must be positive");
    assertThatThrownBy(() -> SmallModel.generator(settings(5)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("degree (5) must not exceed the query heads (4)");
  }
}
