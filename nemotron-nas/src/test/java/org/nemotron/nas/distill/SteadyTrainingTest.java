package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nemotron.core.testing.MemoryCurve;

/** That training leaves nothing behind, however long; {@link SteadyTrainingLong} takes its time. */
@Tag("slow")
final class SteadyTrainingTest {
  /** Points are a tenth of the steps apart; what is made once is there at the second. */
  static final int SETTLED = 1;

  private static final int STEPS = 100;

  /** One small tensor per step would be 80 more; each measurement of a child has dozens. */
  private static final int FEW_OBJECTS = 10;

  @Test
  void steps_ofBlocksAndChild_leaveNoNativeObjects() throws IOException, InterruptedException {
    MemoryCurve curve = MemoryCurve.uncollected(ManySteps.class, STEPS, 0);
    assertThat(curve.doing("blocks").grownObjects(SETTLED)).isLessThan(FEW_OBJECTS);
    assertThat(curve.doing("child").grownObjects(SETTLED)).isLessThan(FEW_OBJECTS);
    assertThat(curve.doing("slices").grownObjects(SETTLED)).isLessThan(FEW_OBJECTS);
  }

  @Test
  void steps_thatEachLeakASmallTensor_areNoticed() throws IOException, InterruptedException {
    MemoryCurve curve = MemoryCurve.uncollected(ManySteps.class, STEPS, 1);
    assertThat(curve.doing("blocks").grownObjects(SETTLED)).isGreaterThan(FEW_OBJECTS);
    assertThat(curve.doing("child").grownObjects(SETTLED)).isGreaterThan(FEW_OBJECTS);
  }
}
