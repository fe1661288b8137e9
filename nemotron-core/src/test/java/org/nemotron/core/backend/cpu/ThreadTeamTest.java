package org.nemotron.core.backend.cpu;

import static com.google.common.base.Preconditions.checkState;
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
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.TensorThreads;

final class ThreadTeamTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void each_anyCount_doesEachItemOncePerStage(int count) {
    AtomicIntegerArray done = new AtomicIntegerArray(7);
    try (ThreadTeam team = new ThreadTeam(count)) {
      for (int run = 0; run < 50; run++) {
        team.run(
            worker -> {
              worker.each(7, done::incrementAndGet);
              worker.each(0, item -> done.incrementAndGet(0));
              worker.each(3, done::incrementAndGet);
            });
      }
      assertThat(team.count()).isEqualTo(count);
    }
    for (int item = 0; item < 7; item++) {
      assertThat(done.get(item)).isEqualTo(item < 3 ? 100 : 50);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5})
  void run_fewerThreads_onlyTheFirstOfThemWork(int most) {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    try (ThreadTeam team = new ThreadTeam(3)) {
      for (int run = 0; run < 50; run++) {
        team.run(
            most,
            worker -> {
              assertThat(worker.count()).isEqualTo(Math.min(most, 3));
              worker.each(10, item -> seen.add(worker.index()));
            });
      }
    }
    assertThat(seen).contains(0).allMatch(index -> index < most);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5})
  void each_plainWritesBefore_areSeenByAllAfter(int count) {
    int rounds = 300;
    int[] written = new int[count];
    AtomicInteger wrong = new AtomicInteger();
    try (ThreadTeam team = new ThreadTeam(count)) {
      team.run(
          worker -> {
            for (int round = 1; round <= rounds; round++) {
              int value = round;
              worker.each(count, item -> written[item] = value);
              worker.each(
                  count,
                  item -> {
                    for (int seen : written) {
                      wrong.addAndGet(seen == value ? 0 : 1);
                    }
                  });
            }
          });
    }
    assertThat(wrong).hasValue(0);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void run_oneItemThrows_othersEndItsExceptionIsThrownAndTheNextRunWorks(int failing) {
    AtomicInteger beyond = new AtomicInteger();
    try (ThreadTeam team = new ThreadTeam(3)) {
      for (int attempt = 0; attempt < 20; attempt++) {
        assertThatThrownBy(
                () ->
                    team.run(
                        worker -> {
                          worker.each(3, item -> {});
                          worker.each(3, item -> checkState(item != failing, "item %s", item));
                          beyond.incrementAndGet();
                        }))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("item " + failing);
        Set<Integer> seen = ConcurrentHashMap.newKeySet();
        team.run(worker -> worker.each(3, seen::add));
        assertThat(seen).containsExactlyInAnyOrder(0, 1, 2);
      }
    }
    assertThat(beyond).hasValue(0);
  }

  @Test
  void run_laneThrowsAnError_theCallerGetsIt() {
    try (ThreadTeam team = new ThreadTeam(2)) {
      assertThatThrownBy(
              () ->
                  team.run(
                      worker -> {
                        throw new StackOverflowError("too deep");
                      }))
          .isInstanceOf(StackOverflowError.class)
          .hasMessage("too deep");
    }
  }

  @Test
  void run_afterClose_isRefused() {
    ThreadTeam team = new ThreadTeam(2);
    team.close();
    assertThatThrownBy(() -> team.run(worker -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("these threads are closed");
  }

  @Test
  void close_twice_givesOneLeaseBack() {
    try (CpuThreads.Lease other = CpuThreads.onePerOperation()) {
      ThreadTeam team = new ThreadTeam(2);
      team.close();
      assertThatCode(team::close).doesNotThrowAnyException();
      assertThat(torch.get_num_threads()).isEqualTo(1);
    }
  }

  @Test
  void new_noThread_isRefusedAndTakesNoLease() {
    assertThatThrownBy(() -> new ThreadTeam(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads (0) must be positive");
    CpuThreads.onePerOperation().close();
    assertThat(torch.get_num_threads()).isEqualTo(CpuThreads.available());
  }

  @Test
  void lease_besideStreams_lastsUntilBothAreClosed() {
    ThreadTeam team = new ThreadTeam(2);
    TensorThreads sideBySide = new TensorThreads(2);
    assertThat(torch.get_num_threads()).isEqualTo(1);
    team.close();
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
    try (ThreadTeam team = new ThreadTeam(3)) {
      team.run(worker -> worker.each(30, item -> counts.add(torch.get_num_threads())));
    }
    assertThat(counts).containsExactly(1);
  }
}
