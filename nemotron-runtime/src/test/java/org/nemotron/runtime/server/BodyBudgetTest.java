package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nemotron.runtime.server.wire.ApiException;

final class BodyBudgetTest {
  private static final int LONG = 1 << 20;

  private final BodyBudget budget = new BodyBudget(4 * LONG);

  @Test
  void add_beyondTheLimit_isRefusedUntilOtherBodiesAreRead() {
    BodyBudget.Share first = budget.share();
    first.add(2 * LONG);
    BodyBudget.Share second = budget.share();
    second.add(LONG);
    assertThatThrownBy(() -> second.add(1))
        .isInstanceOf(ApiException.class)
        .hasMessage(
            "the bodies of other requests under way have 2097152 bytes, and 1048577 more would"
                + " exceed 3145728.\nMaybe try again later.");
    assertThat(budget.held()).isEqualTo(3 * LONG);
    first.close();
    first.close();
    second.add(2 * LONG);
    assertThat(budget.held()).isEqualTo(3 * LONG);
    second.close();
    assertThat(budget.held()).isZero();
  }

  @Test
  void add_shortBodiesBesideLongOnes_haveTheirRoom() {
    budget.share().add(3 * LONG);
    for (int i = 0; i < LONG / BodyBudget.SHORT_BYTES; i++) {
      budget.share().add(BodyBudget.SHORT_BYTES);
    }
    assertThat(budget.held()).isEqualTo(4 * LONG);
    assertThatThrownBy(() -> budget.share().add(1)).isInstanceOf(ApiException.class);
  }

  @Test
  void add_bodyThatBecomesLong_countsAmongTheLongOnes() {
    BodyBudget.Share growing = budget.share();
    growing.add(BodyBudget.SHORT_BYTES);
    growing.add(3 * LONG - BodyBudget.SHORT_BYTES);
    assertThatThrownBy(() -> budget.share().add(BodyBudget.SHORT_BYTES + 1))
        .isInstanceOf(ApiException.class);
    for (int i = 0; i < LONG / BodyBudget.SHORT_BYTES; i++) {
      budget.share().add(BodyBudget.SHORT_BYTES);
    }
    assertThat(budget.held()).isEqualTo(4 * LONG);
  }

  @Test
  void add_aloneInSmallRoom_isAdmitted() {
    BodyBudget.Share share = budget.share();
    share.add(3 * LONG);
    share.add(3 * LONG);
    assertThat(budget.held()).isEqualTo(6 * LONG);
  }
}
