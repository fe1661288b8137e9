package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class HostMemoryTest {
  @Test
  void availableBytes_linesOfLinux_areReadInKibibytes() {
    List<String> lines =
        List.of("MemTotal:       24045696 kB", "MemFree:  100 kB", "MemAvailable:   12000000 kB");
    assertThat(HostMemory.availableBytes(lines)).isEqualTo(12_000_000L * 1024);
  }

  @Test
  void availableBytes_lineMissing_isWhatTheHeapMayGrowBy() {
    assertThat(HostMemory.availableBytes(List.of("MemTotal: 24045696 kB")))
        .isBetween(1L, Runtime.getRuntime().maxMemory());
  }

  @Test
  void availableBytes_thisMachine_isPositive() {
    assertThat(HostMemory.availableBytes()).isPositive();
  }
}
