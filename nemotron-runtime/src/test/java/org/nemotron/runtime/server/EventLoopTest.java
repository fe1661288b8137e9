package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class EventLoopTest {
  @Test
  void run_byOneThread_keepsTheOrder() throws InterruptedException {
    List<Integer> seen = new ArrayList<>();
    CountDownLatch last = new CountDownLatch(1);
    try (EventLoop loop = new EventLoop()) {
      for (int i = 0; i < 1000; i++) {
        int number = i;
        loop.run(() -> seen.add(number));
      }
      loop.run(last::countDown);
      last.await();
    }
    assertThat(seen).hasSize(1000).isSorted();
  }

  @Test
  void work_shortBodyBehindManyLongOnes_doesNotWaitForThem() {
    CountDownLatch shortOne = new CountDownLatch(1);
    CountDownLatch longOnes = new CountDownLatch(100);
    try (EventLoop loop = new EventLoop()) {
      for (int i = 0; i < 100; i++) {
        loop.work(
            BodyBudget.SHORT_BYTES + 1,
            () -> {
              Uninterruptibles.awaitUninterruptibly(shortOne);
              longOnes.countDown();
            });
      }
      loop.work(BodyBudget.SHORT_BYTES, shortOne::countDown);
      Uninterruptibles.awaitUninterruptibly(longOnes);
      assertThat(longOnes.getCount()).isZero();
    }
  }

  @Test
  void run_onceClosed_dropsTheActionInPeace() {
    EventLoop loop = new EventLoop();
    loop.close();
    List<String> seen = new ArrayList<>();
    loop.run(() -> seen.add("an answer's token"));
    loop.run(() -> seen.add("another"));
    loop.work(1, () -> seen.add("a prompt"));
    loop.work(1 << 20, () -> seen.add("a long prompt"));
    assertThat(seen).isEmpty();
  }
}
