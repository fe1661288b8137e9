package org.nemotron.runtime.engine;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.google.common.collect.ImmutableList;
import com.google.common.math.LongMath;
import com.google.common.primitives.Ints;
import com.google.common.util.concurrent.Uninterruptibles;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.HostMemory;
import org.nemotron.core.tensor.Resources;
import org.nemotron.runtime.cache.PagePool;
import org.nemotron.runtime.metrics.CacheUse;
import org.nemotron.runtime.metrics.MetricsRecorder;

/**
 * Runs requests through one model, many at a time: they join and leave the running batch at every
 * step, as a {@link Scheduler} decides.
 *
 * <p>Requests are submitted by any thread; one thread of the engine runs them.
 */
final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.nemotron.runtime");

  private static final String CLOSED = "the engine is closed";

  private static final long RETRY_NANOS = 10_000_000;

  private final InferenceBackend device;
  private final long pageBytes;
  private final InferenceModel model;
  private final InferenceSession session;
  private final Resources parts;
  private final PagePool pool;
  private final Scheduler scheduler;
  private final MetricsRecorder metrics;
  private final int queueCapacity;
  private final BlockingQueue<Job> queue;

  /** The requests that the engine has taken and nobody has been told the end of. */
  private final Set<Job> unanswered = ConcurrentHashMap.newKeySet();

  private final List<Ending> endings = new ArrayList<>();
  private final EarliestDeadline deadline = new EarliestDeadline();
  private final Thread thread;
  private volatile boolean someCancelled;
  private volatile boolean closed;

  /** What ended the thread, where that was no close. */
  private volatile @Nullable Throwable death;

  /** What the thread does last, where it was closed by itself. */
  private volatile @Nullable Runnable afterwards;

  Engine(HeterogeneousModel model, EngineSettings settings, MetricsRecorder metrics) {
    this(model.spec(), WeightSource.of(model), settings, metrics);
  }

  /**
   * Packs a model and starts the thread.
   *
   * @param weights tensors of the model that {@code spec} describes; not needed afterwards
   */
  Engine(ModelSpec spec, WeightSource weights, EngineSettings settings, MetricsRecorder metrics) {
    this.metrics = metrics;
    this.device = Backends.of(settings.device(), settings.threads(), settings.tensorParallel());
    try (Resources made = new Resources()) {
      made.add(device, InferenceBackend::close);
      this.pageBytes = device.bytesPerPage(spec, settings.kvFormat());
      this.pool = new PagePool(pages(spec, settings), KvPages.PAGE_TOKENS);
      this.queueCapacity = settings.queueCapacity();
      this.queue = new LinkedBlockingQueue<>(queueCapacity);
      int rows = settings.maxBatch() + settings.prefillTokens();
      if (settings.device().equals(Device.CPU)) {
        HostMemory.checkRoom(
            "an engine with these settings",
            weightBytes(spec, settings),
            pageBytes * pool.pageCount() * settings.tensorParallel(),
            "give the engine fewer kvBytes than " + settings.kvBytes());
      }
      this.model =
          made.add(
              device.prepare(
                  spec, weights, new ModelFormat(settings.weights(), settings.head()), rows),
              InferenceModel::close);
      this.session =
          made.add(
              model.newSession(pool.pageCount(), settings.kvFormat()), InferenceSession::close);
      session.warmUp(settings.maxBatch(), settings.prefillTokens());
      this.parts = made.complete();
    } catch (RuntimeException e) {
      throw HostMemory.explaining(
          e,
          "an engine with these settings",
          "a smaller maxBatch or prefillTokens, or fewer kvBytes");
    }
    this.scheduler =
        new Scheduler(
            pool,
            new StepRules(
                settings.maxBatch(),
                settings.prefillTokens(),
                model.samplesTokens(),
                model.isBatchInvariant()),
            settings.reservation());
    this.thread = new Thread(this::run, "nemotron-engine");
    thread.setDaemon(true);
    thread.start();
  }

  /** The embedding is held in float32 as well, by each rank. */
  private static long weightBytes(ModelSpec spec, EngineSettings settings) {
    return Shapes.elements(spec.tensorShapes().values()) * settings.weights().bytes()
        + (long) spec.vocabularySize() * spec.width() * Float.BYTES * settings.tensorParallel();
  }

  /** As many pages as the bytes allow, but no more than the whole batch can ever fill. */
  private int pages(ModelSpec spec, EngineSettings settings) {
    long most = (long) settings.maxBatch() * KvPages.pagesFor(spec.maxPositions());
    long affordable = pageBytes == 0 ? most : settings.kvBytes() / pageBytes;
    checkArgument(
        affordable > 0,
        "kvBytes (%s) must be at least %s: one page of %s tokens",
        settings.kvBytes(),
        pageBytes,
        KvPages.PAGE_TOKENS);
    return Ints.checkedCast(
        Math.min(Math.min(most, affordable), Integer.MAX_VALUE / KvPages.PAGE_TOKENS));
  }

  ModelSpec spec() {
    return model.spec();
  }

  ImmutableList<String> notes() {
    return model.notes();
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
        LongMath.divide(pageBytes, KvPages.PAGE_TOKENS, RoundingMode.CEILING));
  }

  /**
   * Checks that requests are served.
   *
   * @throws GenerationFailedException if an error ended the engine
   * @throws IllegalStateException if the engine is closed
   */
  void checkOpen() {
    Throwable ended = death;
    if (ended != null) {
      throw GenerationFailedException.ended(ended);
    }
    checkState(!closed, CLOSED);
  }

  /**
   * Checks that this is not the engine's own thread, which would wait for itself.
   *
   * @throws IllegalStateException if it is
   */
  void checkMayWait() {
    checkState(
        !isOwnThread(),
        "the thread that generates must not wait for its own generator.\n"
            + "Maybe wait elsewhere: a listener is called on that thread.");
  }

  private boolean isOwnThread() {
    return Thread.currentThread() == thread;
  }

  /** Returns a generation, not yet submitted. */
  Generation newGeneration() {
    return new Generation(this::lookForCancelled, this::checkMayWait);
  }

  /** Returns how many requests may wait. */
  int queueCapacity() {
    return queueCapacity;
  }

  /** Returns how many more requests may wait now. */
  int roomInQueue() {
    return queue.remainingCapacity();
  }

  /** Returns whether requests are served: not after a close, nor after an error of the engine. */
  boolean isRunning() {
    return !closed;
  }

  /**
   * Hands a request to the engine; waits while the queue is full.
   *
   * @throws GenerationFailedException if an error ended the engine, or this thread is interrupted
   *     while it waits
   * @throws IllegalStateException if the engine is closed
   */
  void submit(Job job) {
    if (!trySubmit(job)) {
      checkMayWait();
      unanswered.add(job);
      try {
        queue.put(job);
      } catch (InterruptedException e) {
        unanswered.remove(job);
        throw GenerationFailedException.interrupted(e);
      }
      wake(job);
    }
  }

  /**
   * Hands a request to the engine, unless the queue is full.
   *
   * @return whether the engine has it
   * @throws IllegalStateException if the engine is closed
   */
  boolean trySubmit(Job job) {
    checkOpen();
    unanswered.add(job);
    if (!queue.offer(job)) {
      unanswered.remove(job);
      return false;
    }
    wake(job);
    return true;
  }

  /**
   * Hands a request to the engine, unless the queue stays full for so long.
   *
   * @return whether the engine has it
   * @throws GenerationFailedException as {@link #submit} does
   * @throws IllegalStateException if the engine is closed
   */
  boolean trySubmit(Job job, Duration longest) {
    if (trySubmit(job)) {
      return true;
    }
    checkMayWait();
    unanswered.add(job);
    try {
      if (!queue.offer(job, NANOSECONDS.convert(longest), NANOSECONDS)) {
        unanswered.remove(job);
        return false;
      }
    } catch (InterruptedException e) {
      unanswered.remove(job);
      throw GenerationFailedException.interrupted(e);
    }
    wake(job);
    return true;
  }

  /** Nobody may look at the queue any more, if the engine has closed meanwhile. */
  private void wake(Job job) {
    deadline.add(job.deadlineNanos());
    LockSupport.unpark(thread);
    if (closed && queue.remove(job)) {
      unanswered.remove(job);
      checkOpen();
    }
  }

  /**
   * Ends requests that were cancelled: those that wait at once, on this thread, so that their place
   * in the queue is free; the others at the end of the step under way.
   */
  void lookForCancelled() {
    for (Job job : queue) {
      if (job.isCancelled() && queue.remove(job)) {
        Ending ending = new Ending.Cancelled(job);
        ending.count(metrics);
        tell(ending);
      }
    }
    someCancelled = true;
    LockSupport.unpark(thread);
  }

  private void run() {
    try {
      while (!closed) {
        dropEnded();
        scheduler.admit(queue);
        if (scheduler.running() > 0) {
          endings.addAll(step());
        }
        tellEndings();
        if (scheduler.isIdle()) {
          awaitRequest();
        }
      }
      Saturation.warning(session.saturated())
          .ifPresent(warning -> LOG.log(System.Logger.Level.WARNING, warning));
    } catch (RuntimeException | Error e) { // not thrown on: every request has it as its cause
      death = e;
    } finally {
      // Requests must not wait for ever, whatever ended this thread.
      closed = true;
      endAll();
      parts.close();
      Runnable last = afterwards;
      if (last != null) {
        last.run();
      }
    }
  }

  /** Where the heap is full it is tried again until each request has been told. */
  private void endAll() {
    Set<Job> counted = new HashSet<>();
    boolean toldAll = false;
    while (!toldAll) {
      try {
        scheduler.releaseAll(queue);
        noteLoad();
        for (Job job : unanswered) {
          Ending ending = last(job);
          if (counted.add(job)) {
            ending.count(metrics);
          }
          tell(ending);
        }
        toldAll = unanswered.isEmpty();
      } catch (OutOfMemoryError e) {
        LockSupport.parkNanos(RETRY_NANOS);
      }
    }
  }

  private Ending last(Job job) {
    Throwable ended = death;
    return ended == null
        ? new Ending.Cancelled(job)
        : new Ending.Failed(job, GenerationFailedException.ended(ended));
  }

  /** Sleeps until a request comes, or the engine closes. */
  private void awaitRequest() {
    while (queue.isEmpty() && !someCancelled && !closed) {
      LockSupport.park(this);
    }
  }

  private void dropEnded() {
    if (someCancelled || deadline.isPast()) {
      someCancelled = false;
      deadline.clear();
      endings.addAll(scheduler.dropEnded(queue, deadline::add));
    }
  }

  private ImmutableList<Ending> step() {
    StepPlan plan = scheduler.plan();
    metrics.preempted(plan.preempted());
    StepOutput output;
    try {
      output = session.step(plan.batch());
    } catch (RankFailureException e) {
      throw e; // ranks that have not gone through the same steps make no other one
    } catch (RuntimeException e) {
      return scheduler.fail(plan, e);
    }
    metrics.step(plan.tokens());
    return scheduler.complete(plan, output);
  }

  /** Completes the requests that have ended, after the metrics count them. */
  private void tellEndings() {
    endings.forEach(ending -> ending.count(metrics));
    noteLoad();
    endings.forEach(this::tell);
    endings.clear();
  }

  private void noteLoad() {
    metrics.requests(queue.size() + scheduler.preempted(), scheduler.running());
    metrics.cache(new CacheUse(pool.used(), pool.cached(), pool.free()));
  }

  private void tell(Ending ending) {
    try {
      ending.tell();
    } catch (RuntimeException e) {
      ending.job().failed(e);
    }
    unanswered.remove(ending.job());
  }

  /** Ends all requests as cancelled, and gives back the memory. */
  @Override
  public void close() {
    close(() -> {});
  }

  /**
   * Ends all requests as cancelled, gives back the memory, and then runs {@code last}. The engine's
   * own thread, as in a listener, does not wait for itself: it does all this when the call under
   * way has returned.
   */
  void close(Runnable last) {
    if (isOwnThread()) {
      afterwards = last;
      closed = true;
      return;
    }
    closed = true;
    LockSupport.unpark(thread);
    Uninterruptibles.joinUninterruptibly(thread);
    last.run();
  }
}
