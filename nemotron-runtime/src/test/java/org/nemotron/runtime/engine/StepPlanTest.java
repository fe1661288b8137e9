package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.cache.PagePool;
import org.nemotron.runtime.metrics.MetricsRecorder;
import org.nemotron.runtime.text.EndTokens;

final class StepPlanTest {
  private static final int PREFILL = 3 * KvPages.PAGE_TOKENS;

  private static final StepRules RULES = new StepRules(9, PREFILL, false, true);

  private final PagePool pool = new PagePool(64, KvPages.PAGE_TOKENS);

  /** A request with a prompt of {@code tokens}, of which all must be read but none was. */
  private ActiveRequest request(int tokens) {
    ImmutableIntArray text = ImmutableIntArray.copyOf(IntStream.range(0, tokens + 1));
    Job job = new ScoreJob(text, tokens);
    return new ActiveRequest(
        job, ReadPlan.of(job, false), pool.tryReserve(job.prompt(), 0).orElseThrow());
  }

  private static ImmutableList<Integer> lengths(StepPlan plan) {
    return plan.batch().chunks().stream()
        .map(chunk -> chunk.tokens().length())
        .collect(ImmutableList.toImmutableList());
  }

  private static void advance(StepPlan plan) {
    plan.parts().forEach(part -> part.request().advance(part.chunk()));
  }

  @Test
  void new_longPrompts_readsNoMoreThanAllowedOldestFirst() {
    ImmutableList<ActiveRequest> active = ImmutableList.of(request(100), request(500), request(70));
    StepPlan first = new StepPlan(active, RULES, 0);
    // 92 are left for the second, which is cut at the end of a page; the third does not fit in.
    assertThat(lengths(first)).containsExactly(100, KvPages.PAGE_TOKENS);
    assertThat(first.parts().get(0).request()).isSameAs(active.get(0));
  }

  @Test
  void new_requestThatGenerates_getsItsTokenBesideTheLongestPrompt() throws IOException {
    try (Tokenizer tokenizer = Tokenizer.open(SmallModel.SHIPPED)) {
      ImmutableIntArray prompt = ImmutableIntArray.of(5, 6, 7);
      GenerationJob job =
          new GenerationJob(
              prompt,
              9,
              GenerationRequest.continuing(prompt).build(),
              SmallModel.VOCABULARY,
              tokenizer,
              EndTokens.none(),
              new MetricsRecorder(),
              new Generation(() -> {}, () -> {}),
              RequestListener.NONE);
      ActiveRequest generating =
          new ActiveRequest(job, ReadPlan.of(job, false), pool.tryReserve(prompt, 8).orElseThrow());
      advance(new StepPlan(ImmutableList.of(generating), RULES, 0));
      assertThat(job.accept(11)).isFalse();
      StepPlan plan = new StepPlan(ImmutableList.of(request(500), generating), RULES, 0);
      assertThat(lengths(plan)).containsExactly(PREFILL, 1);
      assertThat(plan.batch().chunks().get(1).tokens()).isEqualTo(ImmutableIntArray.of(11));
    }
  }

  @Test
  void new_promptReadInPieces_cutsAtPagesAndEndsWithIt() {
    ImmutableList<ActiveRequest> active = ImmutableList.of(request(500));
    int read = 0;
    for (int expected : new int[] {PREFILL, PREFILL, 500 - 2 * PREFILL}) {
      StepPlan plan = new StepPlan(active, RULES, 0);
      SequenceChunk chunk = plan.batch().chunks().get(0);
      assertThat(chunk.start()).isEqualTo(read);
      assertThat(chunk.tokens().length()).isEqualTo(expected);
      read += expected;
      advance(plan);
    }
    assertThat(active.get(0).promptLeft()).isZero();
  }
}
