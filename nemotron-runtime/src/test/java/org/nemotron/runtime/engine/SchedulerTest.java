package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.runtime.cache.PagePool;

/** What the scheduler decides, without a model. */
final class SchedulerTest {
  private static final int PAGES = 8;
  private static final int PREFILL = 2 * KvPages.PAGE_TOKENS;
  private static final int MAX_BATCH = 3;

  private final PagePool pool = new PagePool(PAGES, KvPages.PAGE_TOKENS);
  private final Queue<Job> waiting = new ArrayDeque<>();
  private final Scheduler scheduler = new Scheduler(pool, rules(true), KvReservation.DEFAULT);

  private static StepRules rules(boolean samples) {
    return new StepRules(MAX_BATCH, PREFILL, samples, !samples);
  }

  @CanIgnoreReturnValue
  private FakeJob arrives(int first, int promptTokens, int newTokens) {
    FakeJob job = new FakeJob(first, promptTokens, newTokens, true);
    waiting.add(job);
    return job;
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
    Scheduler onCpu = new Scheduler(pool, rules(false), KvReservation.DEFAULT);
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
    FakeJob unused = arrives(0, 5, 2);
    scheduler.admit(waiting);
    FakeJob unusedToo = arrives(20, 5, 2);
    scheduler.releaseAll(waiting);
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

  /** Two requests of which each needs five of the eight pages at its end. */
  private Scheduler crowded(boolean samples) {
    Scheduler optimist = new Scheduler(pool, rules(samples), KvReservation.expecting(0));
    arrives(0, 100, 200);
    arrives(1000, 100, 200);
    return optimist;
  }

  private ImmutableList<Ending> step(Scheduler own) {
    own.admit(waiting);
    StepPlan plan = own.plan();
    return own.complete(plan, FakeOutput.of(plan));
  }

  /** Steps until a request has been preempted; returns the plan of that step. */
  private StepPlan stepUntilPreempted(Scheduler own) {
    while (true) {
      own.admit(waiting);
      StepPlan plan = own.plan();
      if (plan.preempted() > 0) {
        return plan;
      }
      assertThat(own.complete(plan, FakeOutput.of(plan))).isEmpty();
    }
  }

  @Test
  void admit_expectedToFitOnlyOneAfterTheOther_holdsTheSecondBack() {
    arrives(0, 100, 200);
    arrives(1000, 100, 200);
    scheduler.admit(waiting);
    assertThat(scheduler.running()).isEqualTo(1);
  }

  /** Their longest answers take ten pages, but never at the same time. */
  @Test
  void admit_secondAtAnotherLength_isAdmittedAndNeitherIsPreempted() {
    FakeJob first = arrives(0, 100, 200);
    for (int i = 0; i < 140; i++) {
      assertThat(step()).isEmpty();
    }
    FakeJob second = arrives(1000, 100, 200);
    scheduler.admit(waiting);
    assertThat(scheduler.running()).isEqualTo(2);
    while (scheduler.running() > 0) {
      StepPlan plan = scheduler.plan();
      assertThat(plan.preempted()).isZero();
      assertThat(scheduler.complete(plan, FakeOutput.of(plan))).hasSizeLessThan(2);
    }
    assertThat(first.taken).hasSize(200);
    assertThat(second.taken).hasSize(200);
  }

  @Test
  void admit_wholeReserved_holdsBackWhatFitsAtAnotherLength() {
    Scheduler whole = new Scheduler(pool, rules(true), KvReservation.WHOLE);
    arrives(0, 100, 200);
    arrives(1000, 100, 200);
    for (int i = 0; i < 140; i++) {
      assertThat(step(whole)).isEmpty();
    }
    assertThat(whole.running()).isEqualTo(1);
    assertThat(pool.used()).isEqualTo(5);
  }

  @Test
  void plan_memoryEnds_preemptsTheYoungestWhichGoesOnWhereItWas() {
    Scheduler own = crowded(true);
    FakeJob older = (FakeJob) waiting.element();
    FakeJob younger = (FakeJob) ImmutableList.copyOf(waiting).get(1);
    StepPlan plan = stepUntilPreempted(own);
    assertThat(plan.preempted()).isEqualTo(1);
    assertThat(plan.parts()).extracting(part -> part.request().job()).containsExactly(older);
    assertThat(own.running()).isEqualTo(1);
    assertThat(own.preempted()).isEqualTo(1);
    int had = younger.taken.size();
    FakeJob later = arrives(2000, 5, 2);
    assertThat(own.complete(plan, FakeOutput.of(plan))).isEmpty();
    while (own.preempted() > 0) {
      assertThat(younger.taken).hasSize(had);
      own.admit(waiting);
      if (own.preempted() > 0) {
        assertThat(later.shared).isEqualTo(-1);
        assertThat(step(own)).hasSizeLessThan(2);
      }
    }
    assertThat(older.taken).hasSize(200);
    StepPlan again = own.plan();
    SequenceChunk chunk = again.batch().chunks().get(0);
    assertThat(chunk.start()).isEqualTo(KvPages.PAGE_TOKENS); // its first page was still there
    assertThat(chunk.output()).isEqualTo(SequenceChunk.NOTHING);
    while (own.running() > 0) {
      assertThat(step(own)).hasSizeLessThan(3);
    }
    assertThat(younger.taken).hasSize(200);
    assertThat(pool.used()).isZero();
  }

  @Test
  void plan_modelThatReplays_readsThePromptAsOneAndTheAnswerTokenByToken() {
    Scheduler own = crowded(false);
    FakeJob younger = (FakeJob) ImmutableList.copyOf(waiting).get(1);
    StepPlan plan = stepUntilPreempted(own);
    assertThat(own.complete(plan, FakeOutput.of(plan))).isEmpty();
    while (own.preempted() > 0) {
      assertThat(step(own)).hasSizeLessThan(2);
    }
    int had = younger.taken.size();
    ImmutableList<SequenceChunk> read = own.plan().batch().chunks();
    assertThat(read).hasSize(PREFILL);
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i).start()).isEqualTo(100 + i);
      assertThat(read.get(i).tokens()).isEqualTo(ImmutableIntArray.of(younger.taken.get(i)));
      boolean last = 100 + i == 100 + had - 1;
      assertThat(read.get(i).output())
          .isEqualTo(last ? SequenceChunk.LAST_LOGITS : SequenceChunk.NOTHING);
    }
  }

  @Test
  void dropEnded_preemptedAndCancelled_endsIt() {
    Scheduler own = crowded(true);
    FakeJob younger = (FakeJob) ImmutableList.copyOf(waiting).get(1);
    StepPlan unused = stepUntilPreempted(own);
    younger.cancelled = true;
    assertThat(own.dropEnded(waiting, deadline -> {}))
        .containsExactly(new Ending.Cancelled(younger));
    assertThat(own.preempted()).isZero();
  }

  @Test
  void releaseAll_preempted_isAmongThem() {
    Scheduler own = crowded(true);
    StepPlan unused = stepUntilPreempted(own);
    own.releaseAll(waiting);
    assertThat(own.isIdle()).isTrue();
  }
}
