package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.nemotron.runtime.engine.MemoryGrowth;

/**
 * {@link ServerSoak} for an hour, or for so many minutes as {@code -Dsoak.minutes} says: {@code mvn
 * -Psoak -pl nemotron-runtime -am test}.
 */
@Tag("soak")
final class ServerSoakTest {
  /** What the JVM itself still allocates outside its heap, such as compiled code. */
  private static final long SLACK_BYTES = 32L << 20;

  @Test
  void callersOfAllKinds_leaveNothingBehind() throws IOException, InterruptedException {
    long seconds = 60 * Long.getLong("soak.minutes", 60);
    assertThat(MemoryGrowth.residentBytes(ServerSoak.class, String.valueOf(seconds)))
        .isLessThan(SLACK_BYTES);
  }
}
