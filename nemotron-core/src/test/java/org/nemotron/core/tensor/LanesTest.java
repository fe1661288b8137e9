package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LanesTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void run_anyCount_callsEachLaneOncePerRun(int count) {
    AtomicIntegerArray calls = new AtomicIntegerArray(count);
    try (Lanes lanes = new Lanes(count)) {
      for (int run = 0; run < 50; run++) {
        lanes.run(lane -> calls.incrementAndGet(lane.index()));
      }
      assertThat(lanes.count()).isEqualTo(count);
    }
    for (int lane = 0; lane < count; lane++) {
      assertThat(calls.get(lane)).isEqualTo(50);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 7, 2_000_000_000})
  void fromTo_anyNumberOfItems_coversThemInOrder(int items) {
    int[] from = new int[5];
    int[] to = new int[5];
    try (Lanes lanes = new Lanes(5)) {
      lanes.run(
          lane -> {
            from[lane.index()] = lane.from(items);
            to[lane.index()] = lane.to(items);
          });
    }
    assertThat(from[0]).isZero();
    assertThat(to[4]).isEqualTo(items);
    for (int lane = 1; lane < 5; lane++) {
      assertThat(from[lane]).isEqualTo(to[lane - 1]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void await_plainWritesBefore_areSeenByAllAfter(int count) {
    int rounds = 300;
    int[] written = new int[count];
    AtomicInteger wrong = new AtomicInteger();
    try (Lanes lanes = new Lanes(count)) {
      lanes.run(
          lane -> {
            for (int round = 1; round <= rounds; round++) {
              written[lane.index()] = round;
              lane.await();
              for (int value : written) {
                if (value != round) {
                  wrong.incrementAndGet();
                }
              }
              lane.await();
            }
          });
    }
    assertThat(wrong).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void run_oneLaneThrows_othersEndItsExceptionIsThrownAndTheNextRunWorks(int failing) {
    AtomicInteger beyond = new AtomicInteger();
    try (Lanes lanes = new Lanes(3)) {
      for (int attempt = 0; attempt < 20; attempt++) {
        assertThatThrownBy(
                () ->
                    lanes.run(
                        lane -> {
                          lane.await();
                          if (lane.index() == failing) {
                            throw new IllegalStateException("lane " + failing);
                          }
                          lane.await();
                          beyond.incrementAndGet();
                        }))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("lane " + failing);
        Set<Integer> seen = ConcurrentHashMap.newKeySet();
        lanes.run(
            lane -> {
              lane.await();
              seen.add(lane.index());
              lane.await();
            });
        assertThat(seen).containsExactlyInAnyOrder(0, 1, 2);
      }
    }
    assertThat(beyond).hasValue(0);
  }

  @Test
  void run_laneThrowsAnError_theCallerGetsIt() {
    try (Lanes lanes = new Lanes(2)) {
      assertThatThrownBy(
              () ->
                  lanes.run(
                      lane -> {
                        throw new StackOverflowError("too deep");
                      }))
          .isInstanceOf(StackOverflowError.class)
          .hasMessage("too deep");
    }
  }

  @Test
  void run_afterClose_isRefused() {
    Lanes lanes = new Lanes(2);
    lanes.close();
    assertThatThrownBy(() -> lanes.run(lane -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("these lanes are closed");
  }

  @Test
  void close_twice_givesOneLeaseBack() {
    try (CpuThreads.Lease other = CpuThreads.onePerOperation()) {
      Lanes lanes = new Lanes(2);
      lanes.close();
      assertThatCode(lanes::close).doesNotThrowAnyException();
      assertThat(torch.get_num_threads()).isEqualTo(1);
    }
  }

  @Test
  void new_noLane_isRefusedAndTakesNoLease() {
    assertThatThrownBy(() -> new Lanes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("lanes (0) must be positive");
    CpuThreads.onePerOperation().close();
    assertThat(torch.get_num_threads()).isEqualTo(CpuThreads.available());
  }

  @Test
  void lease_besideStreams_lastsUntilBothAreClosed() {
    Lanes lanes = new Lanes(2);
    SideBySide sideBySide = new SideBySide(2);
    assertThat(torch.get_num_threads()).isEqualTo(1);
    lanes.close();
    assertThat(torch.get_num_threads()).isEqualTo(1);
    Set<Integer> counts = ConcurrentHashMap.newKeySet();
    sideBySide.forEach(List.of(1, 2, 3), item -> counts.add(torch.get_num_threads()));
    assertThat(counts).containsExactly(1);
    sideBySide.close();
    assertThat(torch.get_num_threads()).isEqualTo(CpuThreads.available());
  }

  @Test
  void run_laneThreads_useOneCorePerOperation() {
    Set<Integer> counts = ConcurrentHashMap.newKeySet();
    try (Lanes lanes = new Lanes(3)) {
      lanes.run(lane -> counts.add(torch.get_num_threads()));
    }
    assertThat(counts).containsExactly(1);
  }
}
