package org.nemotron.nas.distill;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.core.testing.MemoryCurve;

/**
 * Ten thousand steps of each kind, or as many as {@code -Dmemory.steps} says; prints the table of
 * docs/MEMORY.md.
 *
 * <p>Not part of the tests, by its name. Run by {@code mvn -pl nemotron-nas -am test
 * -Dtest=SteadyTrainingLong -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class SteadyTrainingLong {
  /** What the virtual machine and the allocator still take, such as compiled code. */
  private static final long SLACK_BYTES = 16L << 20;

  @Test
  void steps_ofBlocksAndChild_leaveMemoryAsItWas() throws IOException, InterruptedException {
    int steps = Integer.getInteger("memory.steps", 10_000);
    MemoryCurve curve = MemoryCurve.of(ManySteps.class, steps, 0);
    for (String what : new String[] {"blocks", "child"}) {
      MemoryCurve some = curve.doing(what);
      assertThat(some.grownObjects(SteadyTrainingTest.SETTLED)).isLessThan(steps / 100);
      assertThat(some.grownResidentBytes(SteadyTrainingTest.SETTLED)).isLessThan(SLACK_BYTES);
      assertThat(some.grownHeapBytes(SteadyTrainingTest.SETTLED)).isLessThan(SLACK_BYTES);
    }
  }
}
