package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.runtime.cache.PagePool;

/** What the scheduler decides, without a model. */
final class SchedulerTest {
  private static final int PAGES = 8;
  private static final int PREFILL = 2 * KvPages.PAGE_TOKENS;
  private static final int MAX_BATCH = 3;

  private final PagePool pool = new PagePool(PAGES, KvPages.PAGE_TOKENS);
  private final Queue<Job> waiting = new ArrayDeque<>();
  private final Scheduler scheduler = new Scheduler(pool, MAX_BATCH, PREFILL, true);

  /** Wants {@code newTokens} tokens behind a prompt; notes what it is given. */
  private static final class FakeJob implements Job {
    private final ImmutableIntArray prompt;
    private final int newTokens;
    private final boolean samples;
    private final List<Integer> taken = new ArrayList<>();
    private int shared = -1;
    private boolean cancelled;
    private Optional<RuntimeException> failure = Optional.empty();

    FakeJob(int first, int promptTokens, int newTokens, boolean samples) {
      this.prompt = ImmutableIntArray.copyOf(IntStream.range(first, first + promptTokens));
      this.newTokens = newTokens;
      this.samples = samples;
    }

    @Override
    public ImmutableIntArray prompt() {
      return prompt;
    }

    @Override
    public int wantedFrom() {
      return prompt.length() - 1;
    }

    @Override
    public int moreTokens() {
      return newTokens - 1;
    }

    @Override
    public boolean accept(int position, float[] logits) {
      return accept((int) logits[0]);
    }

    @Override
    public Optional<TokenSampling> choice() {
      return samples ? Optional.of(TokenSampling.LIKELIEST) : Optional.empty();
    }

    @Override
    public boolean accept(int token) {
      failure.ifPresent(
          reason -> {
            throw reason;
          });
      taken.add(token);
      return taken.size() == newTokens;
    }

    @Override
    public int nextToken() {
      return taken.get(taken.size() - 1);
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public void begin(int sharedTokens) {
      shared = sharedTokens;
    }

    @Override
    public void end() {}

    @Override
    public void cancelled() {}

    @Override
    public void failed(Throwable reason) {}
  }

  @CanIgnoreReturnValue
  private FakeJob arrives(int first, int promptTokens, int newTokens) {
    FakeJob job = new FakeJob(first, promptTokens, newTokens, true);
    waiting.add(job);
    return job;
  }

  /** Gives 100 + its number for each row: sampled where that is wanted, else as the first logit. */
  private record FakeOutput(ImmutableList<SequenceChunk> chunks, int failsAt)
      implements StepOutput {
    static FakeOutput of(StepPlan plan) {
      return new FakeOutput(plan.batch().chunks(), Integer.MAX_VALUE);
    }

    private ImmutableList<Boolean> sampled() {
      ImmutableList.Builder<Boolean> sampled = ImmutableList.builder();
      for (SequenceChunk chunk : chunks) {
        for (int i = 0; i < chunk.wanted(); i++) {
          sampled.add(chunk.output().sampling().isPresent());
        }
      }
      return sampled.build();
    }

    @Override
    public int rows() {
      return sampled().size();
    }

    @Override
    public boolean isSampled(int row) {
      return sampled().get(row);
    }

    @Override
    public int token(int row) {
      if (row >= failsAt) {
        throw new IllegalStateException("the model failed");
      }
      return 100 + row;
    }

    @Override
    public float[] logits(int row) {
      return new float[] {token(row)};
    }
  }

  /** Admits, plans and completes one step. */
  private ImmutableList<Ending> step() {
    scheduler.admit(waiting);
    StepPlan plan = scheduler.plan();
    return scheduler.complete(plan, FakeOutput.of(plan));
  }

  @Test
  void admit_pagesForTheSecondAreTaken_holdsBackAllBehindIt() {
    FakeJob first = arrives(0, 100, 300);
    FakeJob large = arrives(1000, 100, 200);
    FakeJob small = arrives(2000, 5, 2);
    scheduler.admit(waiting);
    assertThat(scheduler.running()).isEqualTo(1);
    assertThat(first.shared).isZero();
    assertThat(large.shared).isEqualTo(-1);
    assertThat(waiting).containsExactly(large, small);
  }

  @Test
  void admit_moreThanMaxBatch_leavesTheRest() {
    for (int i = 0; i <= MAX_BATCH; i++) {
      arrives(10 * i, 5, 2);
    }
    scheduler.admit(waiting);
    assertThat(scheduler.running()).isEqualTo(MAX_BATCH);
    assertThat(waiting).hasSize(1);
  }

  @Test
  void plan_longPromptBesideAGeneratingRequest_readsAPieceAndItsToken() {
    FakeJob generating = arrives(0, 5, 3);
    assertThat(step()).isEmpty();
    arrives(1000, 300, 2);
    scheduler.admit(waiting);
    StepPlan plan = scheduler.plan();
    ImmutableList<SequenceChunk> chunks = plan.batch().chunks();
    assertThat(chunks.get(0).tokens()).isEqualTo(ImmutableIntArray.of(100));
    assertThat(chunks.get(0).output()).isEqualTo(SequenceChunk.LIKELIEST_TOKEN);
    assertThat(chunks.get(1).tokens().length()).isEqualTo(PREFILL);
    assertThat(chunks.get(1).output()).isEqualTo(SequenceChunk.NOTHING);
    assertThat(generating.taken).containsExactly(100);
  }

  @Test
  void plan_modelThatDoesNotSampleOrJobThatWantsLogits_asksForLogits() {
    waiting.add(new FakeJob(0, 5, 2, false));
    scheduler.admit(waiting);
    assertThat(scheduler.plan().batch().chunks().get(0).output())
        .isEqualTo(SequenceChunk.LAST_LOGITS);
    Scheduler onCpu = new Scheduler(pool, MAX_BATCH, PREFILL, false);
    arrives(100, 5, 2);
    onCpu.admit(waiting);
    assertThat(onCpu.plan().batch().chunks().get(0).output()).isEqualTo(SequenceChunk.LAST_LOGITS);
  }

  @Test
  void complete_lastTokenTaken_endsTheRequestAndFreesItsPages() {
    FakeJob two = arrives(0, 5, 2);
    FakeJob three = arrives(1000, 5, 3);
    assertThat(step()).isEmpty();
    assertThat(step()).containsExactly(new Ending.Done(two));
    assertThat(scheduler.running()).isEqualTo(1);
    assertThat(step()).containsExactly(new Ending.Done(three));
    assertThat(two.taken).containsExactly(100, 100);
    assertThat(three.taken).containsExactly(101, 101, 100);
    assertThat(pool.used()).isZero();
  }

  @Test
  void complete_requestThatThrows_failsAloneAndTheOthersGoOn() {
    FakeJob bad = arrives(0, 5, 2);
    FakeJob good = arrives(1000, 5, 2);
    IllegalStateException reason = new IllegalStateException("no such token");
    bad.failure = Optional.of(reason);
    assertThat(step()).containsExactly(new Ending.Failed(bad, reason));
    assertThat(step()).containsExactly(new Ending.Done(good));
    assertThat(pool.used()).isZero();
  }

  @Test
  void complete_modelFailsAtTheSecondRow_endsAllRequestsOfTheStep() {
    FakeJob first = arrives(0, 5, 1);
    FakeJob second = arrives(1000, 5, 2);
    scheduler.admit(waiting);
    StepPlan plan = scheduler.plan();
    ImmutableList<Ending> endings =
        scheduler.complete(plan, new FakeOutput(plan.batch().chunks(), 1));
    assertThat(endings).extracting(Ending::job).containsExactly(first, second);
    assertThat(endings).allMatch(ending -> ending instanceof Ending.Failed);
    assertThat(scheduler.running()).isZero();
    assertThat(pool.used()).isZero();
  }

  @Test
  void fail_stepThatThrew_endsItsRequestsOnly() {
    FakeJob running = arrives(0, 300, 2);
    FakeJob starved = arrives(1000, 100, 2);
    scheduler.admit(waiting);
    IllegalStateException reason = new IllegalStateException("out of memory");
    assertThat(scheduler.fail(scheduler.plan(), reason))
        .containsExactly(new Ending.Failed(running, reason));
    assertThat(scheduler.running()).isEqualTo(1);
    assertThat(scheduler.plan().batch().chunks().get(0).tokens()).isEqualTo(starved.prompt());
  }

  @Test
  void dropCancelled_runningAndWaiting_endsBothAndLeavesTheOthers() {
    FakeJob running = arrives(0, 5, 2);
    arrives(10, 5, 2);
    scheduler.admit(waiting);
    FakeJob queued = arrives(20, 5, 2);
    FakeJob stays = arrives(30, 5, 2);
    running.cancelled = true;
    queued.cancelled = true;
    assertThat(scheduler.dropEnded(waiting, deadline -> {}))
        .containsExactly(new Ending.Cancelled(running), new Ending.Cancelled(queued));
    assertThat(scheduler.running()).isEqualTo(1);
    assertThat(waiting).containsExactly(stays);
    assertThat(pool.used()).isEqualTo(1);
  }

  @Test
  void releaseAll_runningAndWaiting_leavesNothing() {
    FakeJob running = arrives(0, 5, 2);
    scheduler.admit(waiting);
    FakeJob queued = arrives(20, 5, 2);
    assertThat(scheduler.releaseAll(waiting)).containsExactly(running, queued);
    assertThat(scheduler.running()).isZero();
    assertThat(waiting).isEmpty();
    assertThat(pool.used()).isZero();
  }

  @Test
  void admit_promptReadBefore_sharesItsFullPages() {
    arrives(0, 2 * KvPages.PAGE_TOKENS + 5, 1);
    assertThat(step()).isEmpty();
    assertThat(step()).hasSize(1);
    FakeJob again = arrives(0, 2 * KvPages.PAGE_TOKENS + 5, 1);
    scheduler.admit(waiting);
    assertThat(again.shared).isEqualTo(2 * KvPages.PAGE_TOKENS);
    assertThat(scheduler.plan().batch().chunks().get(0).start()).isEqualTo(2 * KvPages.PAGE_TOKENS);
  }
}
