package org.nemotron.core.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class CoreLeasesTest {
  private final AtomicLong clock = new AtomicLong();
  private final CoreLeases leases = new CoreLeases(4, clock::get);

  @Test
  void begin_otherHasEndedLongAgo_hasAllCores() {
    CoreLeases.Party one = leases.join();
    CoreLeases.Party other = leases.join();
    assertThat(one.begin(4)).isEqualTo(4);
    one.end();
    clock.addAndGet(1_000_000);
    assertThat(other.begin(4)).isEqualTo(2);
    other.end();
    clock.addAndGet(10_000_000);
    assertThat(other.begin(4)).isEqualTo(4);
  }

  @Test
  void begin_otherHasAll_hasOne() {
    CoreLeases.Party one = leases.join();
    CoreLeases.Party other = leases.join();
    assertThat(one.begin(4)).isEqualTo(4);
    assertThat(other.begin(4)).isOne();
  }

  @Test
  void close_whileLeased_givesTheCoresBack() {
    CoreLeases.Party one = leases.join();
    assertThat(one.begin(4)).isEqualTo(4);
    one.close();
    one.close();
    assertThat(leases.leased()).isZero();
    assertThatThrownBy(() -> one.begin(1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this party is closed");
  }

  @Test
  void begin_twice_isRefused() {
    CoreLeases.Party one = leases.join();
    assertThat(one.begin(2)).isEqualTo(2);
    assertThatThrownBy(() -> one.begin(2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a party has its cores until it ends");
    assertThatThrownBy(() -> leases.join().begin(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cores (0) must be positive");
  }

  @Test
  void enter_alone_waitsForNothing() {
    CoreLeases.Party one = leases.join();
    for (int thread = 0; thread < 9; thread++) {
      one.enter(9);
    }
    assertThat(leases.leased()).isEqualTo(9);
  }

  @Test
  void enter_besideAnother_waitsUntilThatHasLeft() throws InterruptedException {
    CoreLeases.Party streams = leases.join();
    CoreLeases.Party other = leases.join();
    assertThat(other.begin(4)).isEqualTo(4);
    streams.enter(2); // the first of a party never waits
    Thread second = new Thread(() -> streams.enter(2));
    second.start();
    other.end();
    clock.addAndGet(10_000_000);
    second.join();
    assertThat(leases.leased()).isEqualTo(2);
  }
}
