package org.nemotron.nas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.nas.cost.LatencyMeter;
import org.nemotron.nas.cost.MeterSettings;
import org.nemotron.nas.cost.Scenario;
import org.nemotron.nas.cost.ThroughputMeter;
import org.nemotron.nas.distill.GlobalDistillation;
import org.nemotron.nas.distill.GlobalDistillationSettings;
import org.nemotron.nas.distill.GlobalDistiller;
import org.nemotron.nas.distill.LocalDistillationSettings;
import org.nemotron.nas.distill.LocalDistiller;
import org.nemotron.nas.distill.OptimizerSettings;
import org.nemotron.nas.library.BlockLibrary;
import org.nemotron.nas.library.Calibrator;
import org.nemotron.nas.library.InitSettings;
import org.nemotron.nas.score.BlockScorer;
import org.nemotron.nas.score.ModelEvaluator;
import org.nemotron.nas.score.ScoringSettings;

/** An interrupt, or a condition, ends each stage between two steps; the interrupt stays set. */
final class CancelledStagesTest {
  private static final MeterSettings METER = new MeterSettings(2, 3, 2);
  private static final Scenario SCENARIO = new Scenario(2, 6, 4);

  private final AtomicInteger steps = new AtomicInteger();
  private NativeScope scope;
  private HeterogeneousModel parent;
  private BlockLibrary library;

  @BeforeEach
  void open() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
    parent = SmallParent.model();
    library =
        new Calibrator(InitSettings.DEFAULT)
            .calibrate(parent, SmallParent.SPACE, SmallParent.training());
  }

  @AfterEach
  void close() {
    boolean unused = Thread.interrupted();
    library.close();
    parent.close();
    scope.close();
  }

  private void interruptAfterOneStep(long unusedStep) {
    steps.incrementAndGet();
    Thread.currentThread().interrupt();
  }

  private void assertEndsAfterOneStep(ThrowingCallable work) {
    assertThatThrownBy(work)
        .isExactlyInstanceOf(CancellationException.class)
        .hasMessageEndingWith(" was interrupted");
    assertThat(steps).hasValue(1);
    assertThat(Thread.interrupted()).isTrue();
  }

  private static LocalDistillationSettings local() {
    return new LocalDistillationSettings(5, OptimizerSettings.ofRate(1e-3), 10, 0);
  }

  private GlobalDistillation distillGlobally(LongConsumer progress) throws IOException {
    return new GlobalDistiller(
            new GlobalDistillationSettings(5, OptimizerSettings.ofRate(1e-3), 1, 1, 0, 2))
        .withThreads(2)
        .distill(parent, parent, SmallParent.training(), SmallParent.heldOut(), progress);
  }

  @Test
  void calibrate_interrupted_ends() {
    assertEndsAfterOneStep(
        () ->
            new Calibrator(InitSettings.DEFAULT)
                .calibrate(
                    parent,
                    SmallParent.SPACE,
                    SmallParent.training(),
                    this::interruptAfterOneStep));
  }

  @Test
  void distillLocally_interrupted_ends() {
    assertEndsAfterOneStep(
        () ->
            new LocalDistiller(local())
                .withThreads(2)
                .distill(
                    library,
                    library.candidates(),
                    SmallParent.training(),
                    this::interruptAfterOneStep));
  }

  @Test
  void distillGlobally_interrupted_ends() {
    assertEndsAfterOneStep(() -> distillGlobally(this::interruptAfterOneStep));
  }

  @Test
  void score_interrupted_ends() {
    assertEndsAfterOneStep(
        () ->
            new BlockScorer(ScoringSettings.DEFAULT)
                .score(library, SmallParent.heldOut(), this::interruptAfterOneStep));
  }

  @Test
  void measureCosts_interrupted_ends() {
    assertEndsAfterOneStep(
        () ->
            new LatencyMeter(METER)
                .measure(parent, SmallParent.SPACE, SCENARIO, this::interruptAfterOneStep));
  }

  @Test
  void measureThroughput_interruptedBefore_ends() {
    interruptAfterOneStep(0);
    assertEndsAfterOneStep(
        () -> ThroughputMeter.exact(METER).measure(SCENARIO, ImmutableList.of(parent)));
  }

  @Test
  void evaluate_interruptedBefore_ends() {
    interruptAfterOneStep(0);
    assertEndsAfterOneStep(
        () ->
            new ModelEvaluator(SmallParent.heldOut(), 2)
                .evaluate(parent, ImmutableList.of(parent)));
  }

  @Test
  void distillGlobally_conditionHoldsAfterTwoSteps_endsBeforeTheThird() {
    try (Cancellation whileOpen = Cancellation.when(() -> steps.get() == 2)) {
      assertThatThrownBy(() -> distillGlobally(step -> steps.incrementAndGet()))
          .isExactlyInstanceOf(CancellationException.class)
          .hasMessage("cancelled by the caller");
    }
    assertThat(steps).hasValue(2);
  }
}
