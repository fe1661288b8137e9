package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
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
 * <p>A request is admitted, in order of arrival, when all the pages that it may need are free;
 * until then it waits, and so do those behind it. Requests that generate get a token at every step,
 * however long the prompts are that are read meanwhile.
 *
 * <p>Requests that have ended are returned, their pages given back. Used by one thread at a time.
 */
final class Scheduler {
  private final PagePool pool;
  private final int maxBatch;
  private final int prefillTokens;
  private final boolean samples;
  private final List<ActiveRequest> active = new ArrayList<>();

  /**
   * Begins without requests.
   *
   * @param pool the pages of the model's session
   * @param maxBatch how many requests run at the same time
   * @param prefillTokens how many tokens of prompts a step reads at most
   * @param samples whether the model samples tokens
   */
  Scheduler(PagePool pool, int maxBatch, int prefillTokens, boolean samples) {
    this.pool = pool;
    this.maxBatch = maxBatch;
    this.prefillTokens = prefillTokens;
    this.samples = samples;
  }

  /** Returns how many requests run. */
  int running() {
    return active.size();
  }

  /** Admits requests from the head of {@code waiting}, as long as there are pages for the next. */
  void admit(Queue<Job> waiting) {
    while (active.size() < maxBatch) {
      Job job = waiting.peek();
      if (job == null || !job.mayBegin()) {
        return;
      }
      Optional<PagedSequence> pages =
          pool.tryReserve(
              job.prompt().subArray(0, job.wantedFrom() + 1), restOf(job), job.cacheSalt());
      if (pages.isEmpty()) {
        return;
      }
      if (!waiting.remove(job)) { // cancelled at this moment
        pages.orElseThrow().release();
        continue;
      }
      active.add(new ActiveRequest(job, pages.orElseThrow()));
      job.begin(pages.orElseThrow().sharedTokens());
    }
  }

  /** What is read behind the first token whose logits are wanted: no shared page may hold it. */
  private static int restOf(Job job) {
    return job.prompt().length() - job.wantedFrom() - 1 + job.moreTokens();
  }

  /** Returns what the next step reads; some request must be running. */
  StepPlan plan() {
    return new StepPlan(active, prefillTokens, samples);
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
    for (Job job : ImmutableList.copyOf(waiting)) {
      Optional<Ending> ending = early(job, others);
      if (ending.isPresent() && waiting.remove(job)) {
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
  ImmutableList<Job> releaseAll(Queue<Job> waiting) {
    ImmutableList.Builder<Job> jobs = ImmutableList.builder();
    for (ActiveRequest request : ImmutableList.copyOf(active)) {
      jobs.add(released(request));
    }
    for (Job job = waiting.poll(); job != null; job = waiting.poll()) {
      jobs.add(job);
    }
    return jobs.build();
  }
}
