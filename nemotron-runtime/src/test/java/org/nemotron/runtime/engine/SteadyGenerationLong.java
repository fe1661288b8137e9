package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.nemotron.core.testing.MemoryCurve;

/**
 * Ten thousand generations, or as many as {@code -Dmemory.steps} says; prints the table of
 * docs/MEMORY.md.
 *
 * <p>Not part of the tests, by its name. Run by {@code mvn -pl nemotron-runtime -am test
 * -Dtest=SteadyGenerationLong -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class SteadyGenerationLong {
  @Test
  void generations_oneAfterAnother_leaveMemoryAsItWas() throws IOException, InterruptedException {
    int generations = Integer.getInteger("memory.steps", 10_000);
    MemoryCurve curve = MemoryCurve.of(ManyGenerations.class, generations, 0);
    assertThat(curve.grownObjects(SteadyGenerationTest.SETTLED)).isLessThan(generations / 100);
    assertThat(curve.grownResidentBytes(SteadyGenerationTest.SETTLED))
        .isLessThan(SoakTest.SLACK_BYTES);
    assertThat(curve.grownHeapBytes(SteadyGenerationTest.SETTLED)).isLessThan(SoakTest.SLACK_BYTES);
  }
}
