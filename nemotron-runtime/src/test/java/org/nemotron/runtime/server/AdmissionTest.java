package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nemotron.runtime.server.wire.ApiException;

/** How many answers, and how many tokens of prompts, may wait. */
final class AdmissionTest {
  private final Admission admission = new Admission(2, 2, 100);

  private Admission.Ticket waiting(int answers, long tokens) {
    Admission.Ticket ticket = admission.enter();
    ticket.take(answers, tokens);
    return ticket;
  }

  @Test
  void enter_asManyAsRunAndWait_refusesTheNext() {
    for (int i = 0; i < 4; i++) {
      Admission.Ticket unused = waiting(1, 1);
    }
    assertThatThrownBy(admission::enter)
        .isInstanceOf(ApiException.class)
        .hasMessageStartingWith("too many requests are waiting (4 answers under way)");
    assertThat(admission.refused()).isEqualTo(1);
  }

  @Test
  void take_tokensBeyondTheLimit_isRefusedUntilOthersHaveBegun() {
    Admission.Ticket first = waiting(1, 80);
    Admission.Ticket second = admission.enter();
    assertThatThrownBy(() -> second.take(1, 30))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining("the prompts that wait have 80 tokens, and 30 more would exceed 100")
        .satisfies(fault -> assertThat(((ApiException) fault).retrySeconds()).hasValue(1));
    first.begin();
    second.take(1, 30);
    assertThat(admission.waiting()).isEqualTo(1);
  }

  @Test
  void take_moreThanAllTogether_isTheCallersFault() {
    Admission.Ticket ticket = admission.enter();
    assertThatThrownBy(() -> ticket.take(5, 5))
        .satisfies(fault -> assertThat(((ApiException) fault).status()).isEqualTo(400));
  }

  @Test
  void close_twice_givesEachPlaceBackOnce() {
    Admission.Ticket ticket = waiting(3, 90);
    ticket.begin();
    ticket.close();
    ticket.close();
    assertThat(admission.answers()).isZero();
    assertThat(admission.waiting()).isZero();
    Admission.Ticket next = waiting(4, 100);
    next.close();
  }
}
