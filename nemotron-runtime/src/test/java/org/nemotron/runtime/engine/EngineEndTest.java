package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import com.google.common.util.concurrent.Uninterruptibles;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.TestModels;
import org.nemotron.runtime.metrics.MetricsRecorder;

/** An error of the virtual machine ends the engine, and every request with it by its reason. */
final class EngineEndTest {
  private static final EngineSettings SETTINGS =
      EngineSettings.builder().threads(1).maxBatch(1).build();

  private final CountDownLatch bothSubmitted = new CountDownLatch(1);

  /** Ends the engine with its first token. */
  private final class FatalJob implements Job {
    private final CompletableFuture<Throwable> reason = new CompletableFuture<>();

    /** How often the heap is still full when the job is told. */
    private int stillFull;

    @Override
    public ImmutableIntArray prompt() {
      return ImmutableIntArray.of(5, 6);
    }

    @Override
    public ImmutableIntArray generated() {
      return ImmutableIntArray.of();
    }

    @Override
    public int wantedFrom() {
      return 1;
    }

    @Override
    public int moreTokens() {
      return 3;
    }

    @Override
    public boolean accept(int position, float[] logits) {
      Uninterruptibles.awaitUninterruptibly(bothSubmitted);
      throw new OutOfMemoryError("of a test");
    }

    @Override
    public Optional<TokenSampling> choice() {
      return Optional.empty();
    }

    @Override
    public boolean accept(int token) {
      throw new AssertionError("this job wants logits");
    }

    @Override
    public int nextToken() {
      return 5;
    }

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public void begin(int sharedTokens) {}

    @Override
    public void end() {}

    @Override
    public void cancelled() {
      reason.cancel(false);
    }

    @Override
    public void failed(Throwable why) {
      if (stillFull-- > 0) {
        throw new OutOfMemoryError("still");
      }
      reason.complete(why);
    }
  }

  @Test
  void run_errorOfTheMachine_failsRunningWaitingAndLaterRequestsWithIt() {
    MetricsRecorder metrics = new MetricsRecorder();
    FatalJob running = new FatalJob();
    FatalJob waiting = new FatalJob();
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights =
            NamedTensors.of(TestModels.weightsWithin(0.5, SmallModel.spec().tensorShapes(), 7));
        HeterogeneousModel model = HeterogeneousModel.of(SmallModel.spec(), weights);
        Engine engine = new Engine(model, SETTINGS, metrics)) {
      assertThat(engine.isRunning()).isTrue();
      engine.submit(running);
      engine.submit(waiting);
      bothSubmitted.countDown();
      assertEnded(running.reason.join());
      assertEnded(waiting.reason.join());
      assertThat(metrics.snapshot().failed()).isEqualTo(2);
      assertThat(metrics.snapshot().cancelled()).isZero();
      assertThat(engine.isRunning()).isFalse();
      assertThatThrownBy(() -> engine.submit(new FatalJob())).satisfies(EngineEndTest::assertEnded);
    }
  }

  @Test
  void run_heapStaysFull_tellsEachRequestInTheEnd() {
    MetricsRecorder metrics = new MetricsRecorder();
    FatalJob running = new FatalJob();
    running.stillFull = 3;
    FatalJob waiting = new FatalJob();
    waiting.stillFull = 2;
    try (NativeScope scope = NativeScope.open();
        NamedTensors weights =
            NamedTensors.of(TestModels.weightsWithin(0.5, SmallModel.spec().tensorShapes(), 7));
        HeterogeneousModel model = HeterogeneousModel.of(SmallModel.spec(), weights);
        Engine engine = new Engine(model, SETTINGS, metrics)) {
      engine.submit(running);
      engine.submit(waiting);
      bothSubmitted.countDown();
      assertEnded(running.reason.join());
      assertEnded(waiting.reason.join());
      assertThat(metrics.snapshot().failed()).isEqualTo(2);
      assertThat(metrics.snapshot().running()).isZero();
      assertThat(metrics.snapshot().queued()).isZero();
    }
  }

  private static void assertEnded(Throwable reason) {
    assertThat(reason)
        .isExactlyInstanceOf(GenerationFailedException.class)
        .hasMessage("the engine ended: java.lang.OutOfMemoryError: of a test")
        .hasCauseExactlyInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void await_engineEnded_saysSoWithTheReason() {
    Generation generation = new Generation(() -> {}, () -> {});
    generation.fail(GenerationFailedException.ended(new OutOfMemoryError("of a test")));
    assertThatThrownBy(generation::await).satisfies(EngineEndTest::assertEnded);
  }
}
