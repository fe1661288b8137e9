package org.nemotron.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

final class BusyLoopTest {
  @Test
  void close_runningLoop_endsIt() throws IOException {
    BusyLoop loop = BusyLoop.on(0);
    assertThat(loop.isRunning()).isTrue();
    loop.close();
    assertThat(loop.isRunning()).isFalse();
  }

  @Test
  void allowed_rangesAndSingleCores_areAllNamed() {
    assertThat(Tasks.allowed("Threads:\t1\nCpus_allowed_list:\t0-2,8,10-11\nMems:\t0\n"))
        .containsExactly(0, 1, 2, 8, 10, 11);
    assertThat(Tasks.allowed("Cpus_allowed_list:\t3\n")).containsExactly(3);
    assertThat(Tasks.allowed("no such line\n")).isEmpty();
  }
}
