package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * {@link Soak} for an hour, or for so many minutes as {@code -Dsoak.minutes} says.
 *
 * <p>Not part of the tests, by its name. Run by {@code mvn -pl nemotron-runtime -am test
 * -Dtest=SoakHour -Dsurefire.failIfNoSpecifiedTests=false}.
 */
final class SoakHour {
  @Test
  void randomRequests_leaveEveryPageAndNoMoreResidentMemory()
      throws IOException, InterruptedException {
    String minutes = System.getProperty("soak.minutes", "60");
    assertThat(MemoryGrowth.residentBytes(Soak.class, minutes)).isLessThan(SoakTest.SLACK_BYTES);
  }
}
