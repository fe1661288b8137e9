package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.Uninterruptibles;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CancellationTest {
  @AfterEach
  void clear() {
    boolean unused = Thread.interrupted();
  }

  @Test
  void check_neither_doesNothing() {
    assertThatCode(Cancellation::check).doesNotThrowAnyException();
    assertThat(Cancellation.condition().getAsBoolean()).isFalse();
  }

  @Test
  void check_interrupted_throwsAndStaysSo() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(Cancellation::check)
        .isExactlyInstanceOf(CancellationException.class)
        .hasMessage("cancelled: thread " + Thread.currentThread().getName() + " was interrupted");
    assertThat(Cancellation.condition().getAsBoolean()).isTrue();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void when_nestedConditions_holdUntilTheyAreClosed() {
    AtomicBoolean outer = new AtomicBoolean();
    AtomicBoolean inner = new AtomicBoolean(true);
    try (Cancellation around = Cancellation.when(outer::get)) {
      try (Cancellation within = Cancellation.when(inner::get)) {
        assertThatThrownBy(Cancellation::check)
            .isExactlyInstanceOf(CancellationException.class)
            .hasMessage("cancelled by the caller");
        inner.set(false);
        outer.set(true);
        assertThatThrownBy(Cancellation::check).isInstanceOf(CancellationException.class);
        inner.set(true);
        outer.set(false);
      }
      assertThatCode(Cancellation::check).doesNotThrowAnyException();
    }
  }

  @Test
  void condition_onAnotherThread_isThatOfTheThreadThatAskedForIt() throws InterruptedException {
    AtomicBoolean cancelled = new AtomicBoolean();
    AtomicBoolean seen = new AtomicBoolean();
    try (Cancellation whileOpen = Cancellation.when(cancelled::get)) {
      BooleanSupplier condition = Cancellation.condition();
      cancelled.set(true);
      Thread other = new Thread(() -> seen.set(condition.getAsBoolean()));
      other.start();
      other.join();
    }
    assertThat(seen).isTrue();
  }

  @Test
  void explaining_fileClosedByAnInterrupt_isACancellation() {
    IOException fault = new IOException("unreadable", new ClosedByInterruptException());
    assertThatThrownBy(() -> Cancellation.explaining(fault))
        .isExactlyInstanceOf(CancellationException.class)
        .hasMessageEndingWith(" was interrupted")
        .hasCause(fault);
  }

  @Test
  void explaining_anyOtherFault_isItself() {
    IOException fault = new IOException("unreadable");
    assertThat(Cancellation.explaining(fault)).isSameAs(fault);
  }

  @Test
  void forEach_interruptedWhileItWaits_endsWhatHasBegunAndBeginsNothingElse() {
    Set<Integer> ended = ConcurrentHashMap.newKeySet();
    Thread caller = Thread.currentThread();
    CountDownLatch begun = new CountDownLatch(2);
    try (TensorThreads sideBySide = new TensorThreads(2)) {
      assertThatThrownBy(
              () ->
                  sideBySide.forEach(
                      List.of(1, 2, 3, 4, 5),
                      item -> {
                        begun.countDown();
                        Uninterruptibles.awaitUninterruptibly(begun);
                        caller.interrupt();
                        ended.add(item);
                      }))
          .isExactlyInstanceOf(CancellationException.class);
    }
    assertThat(ended).contains(1, 2).hasSizeLessThan(5);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void forEach_conditionHolds_beginsNothingElse() {
    Set<Integer> ended = ConcurrentHashMap.newKeySet();
    AtomicBoolean cancelled = new AtomicBoolean();
    try (Cancellation whileOpen = Cancellation.when(cancelled::get);
        TensorThreads sideBySide = new TensorThreads(1)) {
      assertThatThrownBy(
              () ->
                  sideBySide.forEach(
                      List.of(1, 2, 3),
                      item -> {
                        ended.add(item);
                        cancelled.set(item == 2);
                      }))
          .isExactlyInstanceOf(CancellationException.class)
          .hasMessage("cancelled by the caller");
    }
    assertThat(ended).containsExactlyInAnyOrder(1, 2);
  }
}
