package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicReference;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

final class NativeScopeTest {
  private static Tensor tensor() {
    return Tensors.of(new float[] {1, 2, 3}, 3);
  }

  @Test
  void close_tensorOfThisScope_freesIt() {
    Tensor made;
    try (NativeScope scope = NativeScope.open()) {
      made = tensor();
    }
    assertThat(made.isNull()).isTrue();
  }

  @Test
  void keep_closedScope_tensorLivesUntilItsRelease() {
    Tensor made;
    try (NativeScope scope = NativeScope.open()) {
      made = NativeScope.keep(tensor());
    }
    assertThat(Tensors.floats(made)).containsExactly(1, 2, 3);
    NativeScope.release(made);
    assertThat(made.isNull()).isTrue();
  }

  @Test
  void keep_insideAnotherScope_doesNotBelongToThatOne() {
    Tensor made;
    try (NativeScope outer = NativeScope.open()) {
      try (NativeScope inner = NativeScope.open()) {
        made = NativeScope.keep(tensor());
      }
    }
    assertThat(Tensors.floats(made)).containsExactly(1, 2, 3);
    NativeScope.release(made);
  }

  @Test
  void handOver_innerScopeClosed_belongsToTheOuterOne() {
    Tensor made;
    try (NativeScope outer = NativeScope.open()) {
      try (NativeScope inner = NativeScope.open()) {
        made = inner.handOver(tensor());
      }
      assertThat(Tensors.floats(made)).containsExactly(1, 2, 3);
    }
    assertThat(made.isNull()).isTrue();
  }

  @Test
  void handOver_outermostScope_saysWhatToDoInstead() {
    try (NativeScope scope = NativeScope.open()) {
      Tensor made = tensor();
      assertThatThrownBy(() -> scope.handOver(made))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("no scope encloses this one; keep the object instead");
    }
  }

  @Test
  void close_twice_isHarmless() {
    NativeScope scope = NativeScope.open();
    scope.close();
    try (NativeScope next = NativeScope.open()) {
      Tensor made = tensor();
      scope.close();
      assertThat(Tensors.floats(made)).containsExactly(1, 2, 3);
    }
  }

  @Test
  void close_onAnotherThread_namesBothThreads() throws InterruptedException {
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    try (NativeScope scope = NativeScope.open()) {
      Thread other = new Thread(scope::close, "other");
      other.setUncaughtExceptionHandler((thread, e) -> thrown.set(e));
      other.start();
      other.join();
    }
    assertThat(thrown.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "a scope opened on thread %s must be closed there, not on other",
            Thread.currentThread().getName());
  }

  @Test
  void namedTensors_twoHolders_theLastToCloseFrees() {
    Tensor made;
    NamedTensors first;
    try (NativeScope scope = NativeScope.open()) {
      made = tensor();
      first = NamedTensors.of(com.google.common.collect.ImmutableMap.of("a", made));
    }
    NamedTensors second = first.share();
    first.close();
    first.close();
    assertThat(Tensors.floats(second.get("a"))).containsExactly(1, 2, 3);
    assertThatThrownBy(() -> first.get("a"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("these tensors are closed");
    second.close();
    assertThat(made.isNull()).isTrue();
  }
}
