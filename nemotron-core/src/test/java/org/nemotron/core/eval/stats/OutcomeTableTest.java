package org.nemotron.core.eval.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.ImmutableDoubleArray;
import org.junit.jupiter.api.Test;

final class OutcomeTableTest {
  @Test
  void of_fourKindsOfItems_countsEach() {
    PairedItems items =
        new PairedItems(
            "t",
            ImmutableDoubleArray.of(1, 1, 1, 0, 0, 0, 1),
            ImmutableDoubleArray.of(1, 0, 1, 1, 0, 0, 1),
            0);
    assertThat(OutcomeTable.of(items)).isEqualTo(new OutcomeTable(3, 1, 1, 2));
  }

  @Test
  void of_shares_isRefused() {
    PairedItems items =
        new PairedItems("t", ImmutableDoubleArray.of(0.5), ImmutableDoubleArray.of(1), 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OutcomeTable.of(items))
        .withMessage("every figure of t must be 1 or 0");
  }

  @Test
  void mcNemar_noDiscordantItem_isOne() {
    assertThat(new OutcomeTable(5, 0, 0, 5).mcNemar()).isEqualTo(1);
  }

  /** 2 (1 + 20 + 190 + 1140 + 4845 + 15504) / 2^20. */
  @Test
  void mcNemar_twentyDiscordantItems_isExact() {
    assertThat(new OutcomeTable(0, 15, 5, 0).mcNemar()).isEqualTo(0.04138946533203125);
  }

  @Test
  void mcNemar_asManyEitherWay_isOne() {
    assertThat(new OutcomeTable(0, 3, 3, 0).mcNemar()).isEqualTo(1);
    assertThat(new OutcomeTable(0, 30, 30, 0).mcNemar()).isEqualTo(1);
  }

  /** By Python's math.erfc. */
  @Test
  void mcNemar_manyDiscordantItems_isChiSquaredWithCorrection() {
    assertThat(new OutcomeTable(0, 20, 40, 0).mcNemar())
        .isCloseTo(0.014171388254012342, within(1e-12));
    assertThat(new OutcomeTable(0, 100, 200, 0).mcNemar())
        .isCloseTo(1.0920986772733592e-08, within(1e-16));
  }
}
