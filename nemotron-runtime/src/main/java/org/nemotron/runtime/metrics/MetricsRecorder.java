package org.nemotron.runtime.metrics;

import com.google.common.base.Ticker;
import com.google.common.primitives.ImmutableLongArray;
import java.util.Arrays;

/**
 * Records the metrics of an engine, in constant memory. Safe for use by several threads: the engine
 * records while others take snapshots.
 */
public final class MetricsRecorder {
  private final Ticker clock;
  private final LatencyHistogram timeToFirstToken = new LatencyHistogram();
  private final LatencyHistogram timePerOutputToken = new LatencyHistogram();
  private final RecentRate recentTokens;
  private final long[] steps = new long[Integer.SIZE];
  private long stepTokens = 0;
  private CacheUse cache = new CacheUse(0, 0, 0);
  private long generatedTokens = 0;
  private long promptTokens = 0;
  private int queued = 0;
  private int running = 0;
  private long served = 0;
  private long failed = 0;
  private long cancelled = 0;
  private long preemptions = 0;

  /** Makes a recorder that reads the system's clock. */
  public MetricsRecorder() {
    this(Ticker.systemTicker());
  }

  /** Makes a recorder that reads {@code clock}. */
  public MetricsRecorder(Ticker clock) {
    this.clock = clock;
    this.recentTokens = new RecentRate(clock.read());
  }

  /** Counts tokens of a prompt that were computed. */
  public synchronized void promptTokens(int tokens) {
    promptTokens += tokens;
  }

  /** Counts a request's first token, and its time since the request arrived. */
  public synchronized void firstToken(long nanosSinceArrival) {
    timeToFirstToken.record(nanosSinceArrival);
    countToken();
  }

  /** Counts another token of a request, and its time since the one before. */
  public synchronized void nextToken(long nanosSinceLast) {
    timePerOutputToken.record(nanosSinceLast);
    countToken();
  }

  private void countToken() {
    generatedTokens++;
    recentTokens.add(1, clock.read());
  }

  /** Counts a step that read so many tokens, at least one. */
  public synchronized void step(int tokens) {
    steps[Integer.SIZE - Integer.numberOfLeadingZeros(tokens - 1)]++;
    stepTokens += tokens;
  }

  private StepTokens stepTokens() {
    int count = steps.length;
    while (count > 0 && steps[count - 1] == 0) {
      count--;
    }
    return new StepTokens(ImmutableLongArray.copyOf(Arrays.copyOf(steps, count)), stepTokens);
  }

  /** Counts a request that ended with a complete answer. */
  public synchronized void served() {
    served++;
  }

  /** Counts a request that ended in an error. */
  public synchronized void failed() {
    failed++;
  }

  /** Counts a request that was cancelled. */
  public synchronized void cancelled() {
    cancelled++;
  }

  /** Counts requests that gave their pages of the KV cache back to older ones. */
  public synchronized void preempted(int count) {
    preemptions += count;
  }

  /** Sets how many requests wait for admission and how many are admitted now. */
  public synchronized void requests(int nowQueued, int nowRunning) {
    queued = nowQueued;
    running = nowRunning;
  }

  /** Sets how the KV cache is used now. */
  public synchronized void cache(CacheUse now) {
    cache = now;
  }

  /** Returns all metrics of one moment. */
  public synchronized EngineMetrics snapshot() {
    return new EngineMetrics(
        recentTokens.perSecond(clock.read()),
        generatedTokens,
        promptTokens,
        timeToFirstToken.summary(),
        timePerOutputToken.summary(),
        stepTokens(),
        cache,
        queued,
        running,
        served,
        failed,
        cancelled,
        preemptions);
  }
}
