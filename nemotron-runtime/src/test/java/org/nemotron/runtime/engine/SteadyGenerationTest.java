package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nemotron.core.testing.MemoryCurve;

/** That answers leave nothing behind, however many; {@link SteadyGenerationLong} takes its time. */
@Tag("slow")
final class SteadyGenerationTest {
  /** Points are a tenth of the generations apart; what is made once is there at the second. */
  static final int SETTLED = 1;

  private static final int GENERATIONS = 100;

  /** One small tensor per generation would be 80 more. */
  private static final int FEW_OBJECTS = 10;

  @Test
  void generations_oneAfterAnother_leaveNoNativeObjects() throws IOException, InterruptedException {
    assertThat(MemoryCurve.uncollected(ManyGenerations.class, GENERATIONS, 0).grownObjects(SETTLED))
        .isLessThan(FEW_OBJECTS);
  }

  @Test
  void generations_thatEachLeakASmallTensor_areNoticed() throws IOException, InterruptedException {
    assertThat(MemoryCurve.uncollected(ManyGenerations.class, GENERATIONS, 1).grownObjects(SETTLED))
        .isGreaterThan(FEW_OBJECTS);
  }
}
