package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
final class SoakTest {
  /** What the JVM itself still allocates outside its heap, such as compiled code. */
  static final long SLACK_BYTES = 16L << 20;

  /** Of questions; a burst has several requests. {@link SoakHour} asks for an hour. */
  private static final int ROUNDS = 600;

  @Test
  void randomRequestsOfManyCallers_allEndAndEveryPageIsAccountedFor()
      throws IOException, InterruptedException, ExecutionException {
    try (TextGenerator generator = SmallModel.generator(Soak.settings())) {
      AtomicInteger rounds = new AtomicInteger(ROUNDS);
      Soak soak = new Soak(generator);
      soak.run(11, () -> rounds.getAndDecrement() > 0);
      assertThat(soak.account()).contains("0 of " + Soak.PAGES + " pages held");
      assertThat(generator.metrics().cancelled()).isPositive();
      assertThat(generator.metrics().served()).isGreaterThan(ROUNDS);
    }
  }

  @Test
  void hundredThousandTokens_residentMemoryDoesNotGrow() throws IOException, InterruptedException {
    assertThat(MemoryGrowth.residentBytes(ManyTokens.class)).isLessThan(SLACK_BYTES);
  }
}
