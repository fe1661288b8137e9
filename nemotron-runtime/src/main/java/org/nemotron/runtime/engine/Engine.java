package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.math.LongMath;
import com.google.common.primitives.Ints;
import com.google.common.util.concurrent.Uninterruptibles;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.KvCache;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Resources;
import org.nemotron.runtime.cache.PagePool;
import org.nemotron.runtime.cache.PagedSequence;
import org.nemotron.runtime.metrics.CacheUse;
import org.nemotron.runtime.metrics.MetricsRecorder;

/**
 * Runs requests through one model, many at a time: they join and leave the running batch at every
 * step.
 *
 * <p>A request is admitted, in order of arrival, when all the pages that it may need are free.
 * Requests that generate get a token at every step, however long the prompts are that are read
 * meanwhile.
 *
 * <p>Requests are submitted by any thread; one thread of the engine runs them.
 */
final class Engine implements AutoCloseable {
  private static final String CLOSED = "the engine is closed";

  private final EngineSettings settings;
  private final InferenceBackend device;
  private final long pageBytes;
  private final InferenceModel model;
  private final KvCache memory;
  private final Resources parts;
  private final PagePool pool;
  private final MetricsRecorder metrics;
  private final BlockingQueue<Job> queue;
  private final List<ActiveRequest> active = new ArrayList<>();
  private final List<Runnable> endings = new ArrayList<>();
  private final Thread thread;
  private volatile boolean someCancelled;
  private volatile boolean closed;

  Engine(HeterogeneousModel model, EngineSettings settings, MetricsRecorder metrics) {
    this.settings = settings;
    this.metrics = metrics;
    ModelSpec spec = model.spec();
    this.device = Backends.of(settings.device(), settings.threads());
    try (Resources made = new Resources()) {
      made.add(device, InferenceBackend::close);
      this.pageBytes = device.bytesPerPage(spec);
      this.pool = new PagePool(pages(spec, settings), KvCache.PAGE_TOKENS);
      this.queue = new LinkedBlockingQueue<>(settings.queueCapacity());
      int rows = settings.maxBatch() + settings.prefillTokens();
      this.model = made.add(device.prepare(model, settings.weights(), rows), InferenceModel::close);
      this.memory = made.add(this.model.newMemory(pool.pageCount()), KvCache::close);
      this.parts = made.complete();
    }
    this.thread = new Thread(this::run, "nemotron-engine");
    thread.setDaemon(true);
    thread.start();
  }

  /** As many pages as the bytes allow, but no more than the whole batch can ever fill. */
  private int pages(ModelSpec spec, EngineSettings settings) {
    long most = (long) settings.maxBatch() * KvCache.pagesFor(spec.maxPositions());
    long affordable = pageBytes == 0 ? most : settings.kvBytes() / pageBytes;
    checkArgument(
        affordable > 0,
        "kvBytes (%s) must be at least %s: one page of %s tokens",
        settings.kvBytes(),
        pageBytes,
        KvCache.PAGE_TOKENS);
    return Ints.checkedCast(
        Math.min(Math.min(most, affordable), Integer.MAX_VALUE / KvCache.PAGE_TOKENS));
  }

  ModelSpec spec() {
    return model.spec();
  }

  /**
   * Checks that a request fits the model and the memory.
   *
   * @throws IllegalArgumentException if it can never be served
   */
  void checkFits(int promptTokens, int moreTokens) {
    checkArgument(promptTokens > 0, "a prompt must have a token");
    checkArgument(
        promptTokens <= spec().maxPositions(),
        "a prompt of %s tokens must not exceed the model's longest context (%s)",
        promptTokens,
        spec().maxPositions());
    long tokens = (long) promptTokens + moreTokens;
    checkArgument(
        pool.canEverFit(tokens),
        "a request of %s tokens can never fit the KV cache of %s tokens (%s bytes each).\n"
            + "Maybe give the engine more kvBytes, or ask for fewer new tokens.",
        tokens,
        (long) pool.pageCount() * pool.pageTokens(),
        LongMath.divide(pageBytes, KvCache.PAGE_TOKENS, RoundingMode.CEILING));
  }

  void checkOpen() {
    checkState(!closed, CLOSED);
  }

  /**
   * Hands a request to the engine; waits while the queue is full.
   *
   * @throws IllegalStateException if the engine is closed
   */
  void submit(Job job) {
    checkOpen();
    Uninterruptibles.putUninterruptibly(queue, job);
    wakeFor(job);
  }

  /**
   * Hands a request to the engine unless the queue is full.
   *
   * @return whether it did
   * @throws IllegalStateException if the engine is closed
   */
  boolean trySubmit(Job job) {
    checkOpen();
    boolean queued = queue.offer(job);
    wakeFor(job);
    return queued;
  }

  private void wakeFor(Job job) {
    LockSupport.unpark(thread);
    if (closed && queue.remove(job)) {
      throw new IllegalStateException(CLOSED);
    }
  }

  /** Lets the engine look for requests that were cancelled. */
  void lookForCancelled() {
    someCancelled = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    try {
      while (!closed) {
        dropCancelled();
        letIn();
        if (!active.isEmpty()) {
          step();
        }
        tellEndings();
        if (active.isEmpty()) {
          awaitRequest();
        }
      }
    } finally {
      // Requests must not wait for ever, whatever ended this thread.
      closed = true;
      cancelAll();
      parts.close();
    }
  }

  /** Sleeps until a request comes, or the engine closes. */
  private void awaitRequest() {
    while (queue.isEmpty() && !someCancelled && !closed) {
      LockSupport.park(this);
    }
  }

  private void dropCancelled() {
    if (someCancelled) {
      someCancelled = false;
      active.removeIf(this::endIfCancelled);
      for (Job job : queue) {
        if (job.isCancelled() && queue.remove(job)) {
          cancel(job);
        }
      }
    }
  }

  private boolean endIfCancelled(ActiveRequest request) {
    if (request.job().isCancelled()) {
      request.pages().release();
      cancel(request.job());
      return true;
    }
    return false;
  }

  private void cancel(Job job) {
    metrics.cancelled();
    endings.add(() -> finish(job, job::cancelled));
  }

  /** Lets requests in, in order, as long as there are pages for the next. */
  private void letIn() {
    while (active.size() < settings.maxBatch()) {
      Job job = queue.peek();
      if (job == null) {
        return;
      }
      Optional<PagedSequence> pages =
          pool.tryReserve(job.prompt().subArray(0, job.wantedFrom() + 1), restOf(job));
      if (pages.isEmpty()) {
        return;
      }
      queue.remove();
      active.add(new ActiveRequest(job, pages.orElseThrow()));
      job.begin(pages.orElseThrow().sharedTokens());
    }
  }

  /** What is read behind the first token whose logits are wanted: no shared page may hold it. */
  private static int restOf(Job job) {
    return job.prompt().length() - job.wantedFrom() - 1 + job.moreTokens();
  }

  private void step() {
    StepPlan plan = new StepPlan(active, settings.prefillTokens());
    StepResult result = new StepResult(plan);
    try {
      model.step(plan.chunks(), memory, result);
    } catch (RuntimeException e) {
      result.failAll(e);
    }
    for (StepPlan.Part part : plan.parts()) {
      if (!result.failed().containsKey(part.request())) {
        part.request().advance(part.chunk());
      }
    }
    active.removeAll(result.failed().keySet());
    active.removeAll(result.done());
    result.failed().forEach(this::fail);
    result.done().forEach(this::end);
  }

  private void end(ActiveRequest request) {
    request.pages().release();
    metrics.served();
    endings.add(() -> finish(request.job(), request.job()::end));
  }

  private void fail(ActiveRequest request, RuntimeException reason) {
    request.pages().release();
    metrics.failed();
    endings.add(() -> request.job().failed(reason));
  }

  /** Tells callers that their requests have ended, once the numbers say so too. */
  private void tellEndings() {
    note();
    endings.forEach(Runnable::run);
    endings.clear();
  }

  private static void finish(Job job, Runnable ending) {
    try {
      ending.run();
    } catch (RuntimeException e) {
      job.failed(e);
    }
  }

  private void note() {
    metrics.requests(queue.size(), active.size());
    metrics.cache(new CacheUse(pool.used(), pool.cached(), pool.free()));
  }

  private void cancelAll() {
    active.forEach(
        request -> {
          request.pages().release();
          cancel(request.job());
        });
    active.clear();
    for (Job job = queue.poll(); job != null; job = queue.poll()) {
      cancel(job);
    }
    tellEndings();
  }

  /** Ends all requests as cancelled, and gives back the memory. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(thread);
    Uninterruptibles.joinUninterruptibly(thread);
  }
}
