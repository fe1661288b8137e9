package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.runtime.cache.PagePool;

/**
 * Requests in any order, which leave when they like, through a scheduler whose model is a memory of
 * texts: each slot of the KV cache holds the hash of the text up to its token, and a token is
 * chosen by the hash of all that the step finds in front of it.
 */
final class SchedulerProperties {
  private static final int PAGE = KvPages.PAGE_TOKENS;

  /**
   * A request, at which step it comes, and after how many of its tokens it leaves or its time is
   * over, if it does.
   */
  record Arrival(int step, int first, int prompt, int more, int leavesAfter, boolean timeOver) {}

  @Provide
  Arbitrary<List<Arrival>> arrivals() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 60),
            Arbitraries.integers().between(0, 2), // prompts often begin alike
            Arbitraries.integers().between(1, 150),
            Arbitraries.integers().between(1, 150),
            Arbitraries.frequencyOf(
                Tuple.of(3, Arbitraries.just(Integer.MAX_VALUE)),
                Tuple.of(1, Arbitraries.integers().between(0, 100))),
            Arbitraries.of(true, false))
        .as(Arrival::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(12);
  }

  @Provide
  Arbitrary<KvReservation> reservations() {
    return Arbitraries.of(
        KvReservation.WHOLE,
        KvReservation.expecting(0),
        KvReservation.expecting(40),
        KvReservation.DEFAULT);
  }

  @Property(tries = 150)
  void everyAnswerIsThatOfARequestAlone(
      @ForAll("arrivals") List<Arrival> arrivals,
      @ForAll("reservations") KvReservation reservation,
      @ForAll @IntRange(min = 5, max = 12) int pages,
      @ForAll @IntRange(min = 1, max = 6) int maxBatch,
      @ForAll boolean replays) {
    Run run = new Run(pages, new StepRules(maxBatch, 2 * PAGE, !replays, replays), reservation);
    List<TimedJob> jobs = arrivals.stream().map(TimedJob::new).toList();
    long mostSteps = 61 + jobs.stream().mapToLong(TimedJob::stepsAlone).sum();
    for (int step = 0; run.isBusy() || step <= 60; step++) {
      assertThat(step).as("steps").isLessThanOrEqualTo((int) mostSteps);
      for (TimedJob job : jobs) {
        if (job.arrival.step() == step) {
          run.waiting.add(job);
        }
      }
      run.step();
    }
    jobs.forEach(TimedJob::check);
    assertThat(run.pool.used()).isZero();
    assertThat(run.pool.cached() + run.pool.free()).isEqualTo(pages);
    if (reservation.equals(KvReservation.WHOLE)) {
      assertThat(run.preempted).isZero();
    }
    List<TimedJob> inOrder = new ArrayList<>(jobs);
    inOrder.sort((a, b) -> Integer.compare(a.arrival.step(), b.arrival.step()));
    inOrder.removeIf(job -> job.fake.shared < 0);
    assertThat(run.begun).containsExactlyElementsOf(inOrder);
  }

  /** Returns the hash of a text that is one token longer than that of {@code before}. */
  private static int hash(int before, int token) {
    return (before * 31 + token + 1) * 0x9E3779B1 ^ before >>> 15;
  }

  private static int tokenBehind(int hash) {
    return hash >>> 1 & 0xFFFF;
  }

  /** A {@link FakeJob} with a caller who leaves, or whose time is over, at some length. */
  private static final class TimedJob implements Job {
    private final Arrival arrival;
    private final FakeJob fake;
    private int endings;

    TimedJob(Arrival arrival) {
      this.arrival = arrival;
      this.fake =
          new FakeJob(
              1000 * arrival.first(), arrival.prompt(), arrival.more(), arrival.first() > 0);
    }

    /** The oldest request reads a page or a token at every step, once again after a preemption. */
    long stepsAlone() {
      return arrival.more() + 2L * (arrival.prompt() / PAGE + 1) + arrival.more() / PAGE + 2;
    }

    private boolean leaves() {
      return fake.taken.size() >= arrival.leavesAfter();
    }

    void check() {
      assertThat(endings).isEqualTo(1);
      int hash = 0;
      for (int token : fake.prompt().asList()) {
        hash = hash(hash, token);
      }
      for (int token : fake.taken) {
        assertThat(token).isEqualTo(tokenBehind(hash));
        hash = hash(hash, token);
      }
      if (!leaves()) {
        assertThat(fake.taken).hasSize(arrival.more());
      }
    }

    @Override
    public ImmutableIntArray prompt() {
      return fake.prompt();
    }

    @Override
    public ImmutableIntArray generated() {
      return fake.generated();
    }

    @Override
    public int wantedFrom() {
      return fake.wantedFrom();
    }

    @Override
    public int moreTokens() {
      return fake.moreTokens();
    }

    @Override
    public boolean accept(int position, float[] logits) {
      return accept(Float.floatToRawIntBits(logits[0]));
    }

    @Override
    public Optional<TokenSampling> choice() {
      return fake.choice();
    }

    @Override
    public boolean accept(int token) {
      return fake.accept(token);
    }

    @Override
    public int nextToken() {
      return fake.nextToken();
    }

    @Override
    public boolean isCancelled() {
      return leaves() && !arrival.timeOver();
    }

    @Override
    public long deadlineNanos() {
      boolean over = leaves() && arrival.timeOver();
      return over ? System.nanoTime() - 1 : System.nanoTime() + EarliestDeadline.NEVER_NANOS;
    }

    @Override
    public void begin(int sharedTokens) {
      assertThat(fake.shared).as("begun once").isEqualTo(-1);
      fake.begin(sharedTokens);
    }

    @Override
    public void end() {
      endings++;
    }

    @Override
    public void cancelled() {
      endings++;
    }

    @Override
    public void failed(Throwable reason) {
      throw new AssertionError(reason);
    }
  }

  /** A scheduler with its memory. */
  private static final class Run {
    private final PagePool pool;
    private final Scheduler scheduler;
    private final Queue<Job> waiting = new ArrayDeque<>();
    private final List<Job> begun = new ArrayList<>();
    private final int[] hashes;
    private long preempted;

    Run(int pages, StepRules rules, KvReservation reservation) {
      this.pool = new PagePool(pages, PAGE);
      this.scheduler = new Scheduler(pool, rules, reservation);
      this.hashes = new int[pages * PAGE];
    }

    boolean isBusy() {
      return !scheduler.isIdle() || !waiting.isEmpty();
    }

    void step() {
      scheduler.dropEnded(waiting, deadline -> {}).forEach(Ending::tell);
      List<Job> before = ImmutableList.copyOf(waiting);
      scheduler.admit(waiting);
      before.stream().filter(job -> !waiting.contains(job)).forEach(begun::add);
      if (scheduler.running() > 0) {
        StepPlan plan = scheduler.plan();
        preempted += plan.preempted();
        scheduler.complete(plan, computed(plan)).forEach(Ending::tell);
      }
      assertThat(pool.used() + pool.cached() + pool.free()).isEqualTo(pool.pageCount());
    }

    private StepOutput computed(StepPlan plan) {
      List<Integer> tokens = new ArrayList<>();
      List<Boolean> sampled = new ArrayList<>();
      for (SequenceChunk chunk : plan.batch().chunks()) {
        int hash = 0;
        for (int i = 0; i < chunk.tokens().length(); i++) {
          hash = write(chunk, i);
        }
        if (chunk.wanted() > 0) {
          tokens.add(tokenBehind(hash));
          sampled.add(chunk.output().sampling().isPresent());
        }
      }
      return new HashedOutput(ImmutableList.copyOf(tokens), ImmutableList.copyOf(sampled));
    }

    private int write(SequenceChunk chunk, int index) {
      int position = chunk.start() + index;
      int before = position == 0 ? 0 : hashes[slot(chunk, position - 1)];
      hashes[slot(chunk, position)] = hash(before, chunk.tokens().get(index));
      return hashes[slot(chunk, position)];
    }

    private static int slot(SequenceChunk chunk, int position) {
      return chunk.pages().get(position / PAGE) * PAGE + position % PAGE;
    }
  }

  /** Tokens of rows: sampled where that is wanted, else as the bits of the first logit. */
  private record HashedOutput(ImmutableList<Integer> tokens, ImmutableList<Boolean> sampled)
      implements StepOutput {
    @Override
    public int rows() {
      return tokens.size();
    }

    @Override
    public boolean isSampled(int row) {
      return sampled.get(row);
    }

    @Override
    public int token(int row) {
      return tokens.get(row);
    }

    @Override
    public float[] logits(int row) {
      return new float[] {Float.intBitsToFloat(tokens.get(row))};
    }
  }
}
