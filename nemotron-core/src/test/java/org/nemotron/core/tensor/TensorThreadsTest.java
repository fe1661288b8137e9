package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

final class TensorThreadsTest {
  @Test
  void forEach_moreItemsThanStreams_callsEachOnce() {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    try (TensorThreads sideBySide = new TensorThreads(2)) {
      sideBySide.forEach(List.of(1, 2, 3, 4, 5), item -> assertThat(seen.add(item)).isTrue());
    }
    assertThat(seen).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
  }

  @Test
  void forEach_oneItemFails_othersEndAndItsExceptionIsThrown() {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    try (TensorThreads sideBySide = new TensorThreads(2)) {
      assertThatThrownBy(
              () ->
                  sideBySide.forEach(
                      List.of(1, 2, 3),
                      item -> {
                        if (item == 1) {
                          throw new IllegalStateException("one");
                        }
                        seen.add(item);
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("one");
    }
    assertThat(seen).containsExactlyInAnyOrder(2, 3);
  }

  @Test
  void forEach_tensorMadeByTheWork_isFreedWhenTheCallEnds() {
    List<org.bytedeco.pytorch.Tensor> made = new java.util.concurrent.CopyOnWriteArrayList<>();
    try (TensorThreads sideBySide = new TensorThreads(1)) {
      sideBySide.forEach(List.of(1), item -> made.add(Tensors.of(new float[] {1}, 1)));
    }
    assertThat(made.get(0).isNull()).isTrue();
  }
}
