package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class CpuThreadsTest {
  /** Found by mutation of a meter's close: every device that was opened left two behind. */
  @Test
  void onePerOperation_openedAndClosed_leavesNoNativeObjects() {
    CpuThreads.onePerOperation().close();
    MemoryUse before = MemoryUse.afterCollection();
    for (int round = 0; round < 10; round++) {
      CpuThreads.onePerOperation().close();
    }
    assertThat(MemoryUse.now().nativeObjects()).isLessThanOrEqualTo(before.nativeObjects());
  }

  @Test
  void perOperation_noThread_isRefused() {
    assertThatThrownBy(() -> CpuThreads.perOperation(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("threads (0) must be positive");
  }
}
