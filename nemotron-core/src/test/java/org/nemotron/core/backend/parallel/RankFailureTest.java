package org.nemotron.core.backend.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.cpu.CpuBackend;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.testing.TestModels;

/** A rank that fails or stands still ends a step with its name, and nothing else. */
final class RankFailureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final ForwardBatch ONE =
      ForwardBatch.of(
          new SequenceChunk(
              ImmutableIntArray.of(0), 0, ImmutableIntArray.of(1), SequenceChunk.LAST_LOGITS));

  private static TensorParallelBackend ranks(int count, Runnable atSecondStepOfTheLast) {
    return new TensorParallelBackend(
        java.util.Collections.nCopies(count, "cpu"),
        rank -> new FaultyBackend(new CpuBackend(1), rank == count - 1, atSecondStepOfTheLast),
        PATIENCE,
        0);
  }

  @Test
  void step_withARankThatStandsStill_endsWithItsName_andAllCloses() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (HeterogeneousModel weights = TestModels.model(TestModels.mixed(), 4)) {
      try (TensorParallelBackend device = ranks(2, () -> await(ended));
          InferenceModel model = device.prepare(weights, WeightFormat.FLOAT32, 8);
          InferenceSession session = model.newSession(1)) {
        assertThat(session.step(ONE).logits(0)).hasSize(TestModels.VOCABULARY);
        assertThatThrownBy(() -> session.step(ONE))
            .isInstanceOf(RankFailureException.class)
            .hasMessage(
                "rank 1 of 2 (cpu) has not come to the sum behind attention within 2 s; rank 0"
                    + " waits for it. It was last at the logits.");
        assertThatThrownBy(() -> session.step(ONE))
            .as("a further step")
            .isInstanceOf(RankFailureException.class)
            .hasMessageStartingWith("rank 1 of 2 (cpu) has not come");
      } finally {
        ended.countDown();
      }
    }
  }

  @Test
  void step_withARankThatFails_endsWithItsNameAndReason() {
    try (HeterogeneousModel weights = TestModels.model(TestModels.mixed(), 4);
        TensorParallelBackend device =
            ranks(
                3,
                () -> {
                  throw new IllegalStateException("the GPU is gone");
                });
        InferenceModel model = device.prepare(weights, WeightFormat.FLOAT32, 8);
        InferenceSession session = model.newSession(1)) {
      StepOutput unused = session.step(ONE);
      assertThatThrownBy(() -> session.step(ONE))
          .isInstanceOf(RankFailureException.class)
          .hasMessageStartingWith("rank 2 of 3 (cpu) failed behind ")
          .hasMessageEndingWith(": the GPU is gone")
          .hasRootCauseMessage("the GPU is gone");
    }
  }

  @Test
  void prepare_afterARankHasFailed_makesAModelThatServes() {
    try (HeterogeneousModel weights = TestModels.model(TestModels.mixed(), 4);
        TensorParallelBackend device =
            ranks(
                2,
                () -> {
                  throw new IllegalStateException("once");
                })) {
      try (InferenceModel model = device.prepare(weights, WeightFormat.FLOAT32, 8);
          InferenceSession session = model.newSession(1)) {
        StepOutput unused = session.step(ONE);
        assertThatThrownBy(() -> session.step(ONE)).hasMessageContaining("once");
      }
      try (InferenceModel model = device.prepare(weights, WeightFormat.FLOAT32, 8);
          InferenceSession session = model.newSession(1)) {
        assertThat(session.step(ONE).logits(0)).hasSize(TestModels.VOCABULARY);
      }
    }
  }

  @Test
  void exchange_ofRanksAtDifferentPlaces_isAFault() throws Exception {
    RankGroup group = new RankGroup(ImmutableList.of("a", "b"), PATIENCE);
    Thread other = new Thread(() -> assertThat(group.exchange(1, "x", 1)).isNull());
    other.setUncaughtExceptionHandler((thread, failure) -> {});
    other.start();
    while (other.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    assertThatThrownBy(() -> group.exchange(0, "y", 0))
        .hasMessage("one rank is at y, another at x");
    group.failed(0, new IllegalStateException("ended"));
    other.join();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
