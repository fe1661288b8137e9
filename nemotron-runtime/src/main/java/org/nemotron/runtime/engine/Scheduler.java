package org.nemotron.runtime.engine;

import static com.google.common.base.Verify.verify;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.function.LongConsumer;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.runtime.cache.PagePool;
import org.nemotron.runtime.cache.PagedSequence;

/**
 * Decides which requests run and what each step reads; without a thread, and without a model: a
 * step goes out as a {@link StepPlan} and comes back as a {@link StepOutput}.
 *
 * <p>A request is admitted, in order of arrival, when the pages of its prompt are free and it is
 * expected to fit, beside those that run, until it ends; until then it waits, and so do those
 * behind it. Requests that generate get a token at every step, however long the prompts are that
 * are read meanwhile. They take pages as they grow. Where none is left, the request that was
 * admitted last is preempted: it gives its pages back, waits in front of all others, and is read
 * again up to where it was. So the oldest request goes on at every step, and requests are served in
 * order of arrival.
 *
 * <p>Requests that have ended are returned, their pages given back. Used by one thread at a time.
 */
final class Scheduler {
  private final PagePool pool;
  private final StepRules rules;
  private final KvReservation reservation;
  private final List<ActiveRequest> active = new ArrayList<>();

  /** In order of arrival; all of them arrived before any that waits elsewhere. */
  private final Deque<Job> preempted = new ArrayDeque<>();

  /**
   * Begins without requests.
   *
   * @param pool the pages of the model's session
   */
  Scheduler(PagePool pool, StepRules rules, KvReservation reservation) {
    this.pool = pool;
    this.rules = rules;
    this.reservation = reservation;
  }

  /** Returns how many requests run. */
  int running() {
    return active.size();
  }

  /** Returns how many requests have been preempted and wait to go on. */
  int preempted() {
    return preempted.size();
  }

  /** Returns whether no request runs or has been preempted. */
  boolean isIdle() {
    return active.isEmpty() && preempted.isEmpty();
  }

  /**
   * Admits requests that were preempted, then from the head of {@code waiting}, as long as there
   * are pages for the next.
   */
  void admit(Queue<Job> waiting) {
    while (active.size() < rules.maxBatch()) {
      boolean again = !preempted.isEmpty();
      Queue<Job> from = again ? preempted : waiting;
      Job job = from.peek();
      if (job == null || !job.mayBegin()) {
        return;
      }
      ReadPlan plan = ReadPlan.of(job, rules.replays());
      Optional<PagedSequence> pages = fits(plan, job) ? tryReserve(plan, job) : Optional.empty();
      if (pages.isEmpty()) {
        return;
      }
      if (!from.remove(job)) { // cancelled at this moment
        pages.orElseThrow().release();
        continue;
      }
      active.add(new ActiveRequest(job, plan, pages.orElseThrow()));
      if (!again) {
        job.begin(pages.orElseThrow().sharedTokens());
      }
    }
  }

  private boolean fits(ReadPlan plan, Job job) {
    long held = pool.pagesFor(plan.tokens().length() + reservation.atAdmission(plan.left()));
    PageForecast.Growth next =
        new PageForecast.Growth(
            plan.tokens().length(),
            reservation.expected(plan.left()),
            held,
            pool.heldOf(plan.prefix(), job.cacheSalt()));
    ImmutableList<PageForecast.Growth> running =
        active.stream()
            .map(request -> request.growth(reservation))
            .collect(ImmutableList.toImmutableList());
    return PageForecast.fits(pool, running, next);
  }

  private Optional<PagedSequence> tryReserve(ReadPlan plan, Job job) {
    int behind = plan.tokens().length() - plan.prefix().length();
    return pool.tryReserve(
        plan.prefix(), behind + reservation.atAdmission(plan.left()), job.cacheSalt());
  }

  /**
   * Returns what the next step reads; some request must be running. Takes the pages for it, for
   * which the requests that came last may have to give back theirs.
   */
  StepPlan plan() {
    int gone = 0;
    for (int i = 0; i < active.size(); i++) {
      ActiveRequest request = active.get(i);
      while (i < active.size() && !request.tryGrow()) {
        preemptLast();
        gone++;
      }
    }
    return new StepPlan(active, rules, gone);
  }

  private void preemptLast() {
    verify(active.size() > 1, "a request that runs alone must fit");
    preempted.addFirst(released(active.get(active.size() - 1)));
  }

  /** Hands what the step of {@code plan} has given to its requests; returns those that ended. */
  ImmutableList<Ending> complete(StepPlan plan, StepOutput output) {
    return ended(StepResult.of(plan, output));
  }

  /** Ends the requests of a step that failed. */
  ImmutableList<Ending> fail(StepPlan plan, RuntimeException reason) {
    return ended(StepResult.failed(plan, reason));
  }

  private ImmutableList<Ending> ended(StepResult result) {
    for (StepPlan.Part part : result.advanced()) {
      part.request().advance(part.chunk());
    }
    ImmutableList.Builder<Ending> endings = ImmutableList.builder();
    result
        .failed()
        .forEach((request, why) -> endings.add(new Ending.Failed(released(request), why)));
    result.done().forEach(request -> endings.add(new Ending.Done(released(request))));
    return endings.build();
  }

  private Job released(ActiveRequest request) {
    boolean unused = active.remove(request);
    request.pages().release();
    return request.job();
  }

  /**
   * Ends the requests whose callers have given up, or whose time is over, running or {@code
   * waiting}.
   *
   * @param others takes the deadline of each other request
   */
  ImmutableList<Ending> dropEnded(Queue<Job> waiting, LongConsumer others) {
    ImmutableList.Builder<Ending> endings = ImmutableList.builder();
    for (ActiveRequest request : ImmutableList.copyOf(active)) {
      Optional<Ending> ending = early(request.job(), others);
      if (ending.isPresent()) {
        Job unused = released(request);
        endings.add(ending.orElseThrow());
      }
    }
    endings.addAll(dropEndedOf(preempted, others));
    endings.addAll(dropEndedOf(waiting, others));
    return endings.build();
  }

  private static ImmutableList<Ending> dropEndedOf(Queue<Job> jobs, LongConsumer others) {
    ImmutableList.Builder<Ending> endings = ImmutableList.builder();
    for (Job job : ImmutableList.copyOf(jobs)) {
      Optional<Ending> ending = early(job, others);
      if (ending.isPresent() && jobs.remove(job)) {
        endings.add(ending.orElseThrow());
      }
    }
    return endings.build();
  }

  private static Optional<Ending> early(Job job, LongConsumer others) {
    if (job.isCancelled()) {
      return Optional.of(new Ending.Cancelled(job));
    }
    long deadline = job.deadlineNanos();
    if (System.nanoTime() - deadline >= 0) {
      job.timeOver();
      return Optional.of(new Ending.Done(job));
    }
    others.accept(deadline);
    return Optional.empty();
  }

  /** Takes all requests away, running or {@code waiting}, which end otherwise. */
  void releaseAll(Queue<Job> waiting) {
    while (!active.isEmpty()) {
      Job unused = released(active.get(active.size() - 1));
    }
    preempted.clear();
    waiting.clear();
  }
}
