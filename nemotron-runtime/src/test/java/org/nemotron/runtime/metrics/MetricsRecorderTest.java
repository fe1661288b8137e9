package org.nemotron.runtime.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.base.Ticker;
import com.google.common.primitives.ImmutableLongArray;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class MetricsRecorderTest {
  private final SettableClock clock = new SettableClock();
  private final MetricsRecorder recorder = new MetricsRecorder(clock);

  private static final class SettableClock extends Ticker {
    private long nanos = -7_000_000_000L; // a system's ticker may begin anywhere

    @Override
    public long read() {
      return nanos;
    }

    private void advanceMillis(long millis) {
      nanos += TimeUnit.MILLISECONDS.toNanos(millis);
    }
  }

  @Test
  void snapshot_newRecorder_isAllZero() {
    Latency never = new Latency(0, Duration.ZERO, Duration.ZERO);
    assertThat(recorder.snapshot())
        .isEqualTo(
            new EngineMetrics(
                0,
                0,
                0,
                never,
                never,
                new StepTokens(ImmutableLongArray.of(), 0),
                new CacheUse(0, 0, 0),
                0,
                0,
                0,
                0,
                0,
                0));
  }

  @Test
  void snapshot_countsAndGauges_areThoseRecorded() {
    recorder.promptTokens(17);
    recorder.served();
    recorder.served();
    recorder.failed();
    recorder.cancelled();
    recorder.preempted(2);
    recorder.preempted(1);
    recorder.requests(5, 3);
    recorder.cache(new CacheUse(6, 2, 8));
    EngineMetrics metrics = recorder.snapshot();
    assertThat(metrics.promptTokens()).isEqualTo(17);
    assertThat(metrics.served()).isEqualTo(2);
    assertThat(metrics.failed()).isEqualTo(1);
    assertThat(metrics.cancelled()).isEqualTo(1);
    assertThat(metrics.preemptions()).isEqualTo(3);
    assertThat(metrics.queued()).isEqualTo(5);
    assertThat(metrics.running()).isEqualTo(3);
    assertThat(metrics.cache().usedShare()).isEqualTo(0.375);
  }

  @Test
  void snapshot_latencies_areApart() {
    recorder.firstToken(200);
    recorder.nextToken(10);
    recorder.nextToken(20);
    EngineMetrics metrics = recorder.snapshot();
    assertThat(metrics.generatedTokens()).isEqualTo(3);
    assertThat(metrics.timeToFirstToken())
        .isEqualTo(new Latency(1, Duration.ofNanos(200), Duration.ofNanos(200)));
    assertThat(metrics.timePerOutputToken())
        .isEqualTo(new Latency(2, Duration.ofNanos(10), Duration.ofNanos(20)));
  }

  @Test
  void tokensPerSecond_firstSeconds_isOverTheTimeSinceTheBeginning() {
    generate(20, 100);
    assertThat(recorder.snapshot().tokensPerSecond()).isEqualTo(10, within(1e-9));
  }

  @Test
  void tokensPerSecond_later_isThatOfTheLastTenSeconds() {
    generate(1000, 10);
    generate(200, 100);
    assertThat(recorder.snapshot().tokensPerSecond()).isEqualTo(10, within(0.1));
  }

  @Test
  void tokensPerSecond_idle_fallsToZero() {
    generate(50, 100);
    clock.advanceMillis(3_600_000);
    assertThat(recorder.snapshot().tokensPerSecond()).isZero();
  }

  @Test
  void cacheUse_negativePages_isRefused() {
    assertThatThrownBy(() -> new CacheUse(1, -1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pages (1 used, -1 cached, 0 free) must not be negative");
  }

  private void generate(int tokens, long millisEach) {
    for (int i = 0; i < tokens; i++) {
      clock.advanceMillis(millisEach);
      recorder.nextToken(TimeUnit.MILLISECONDS.toNanos(millisEach));
    }
  }
}
