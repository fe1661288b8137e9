package org.nemotron.runtime.jinja;

import java.time.LocalDateTime;
import java.util.function.Supplier;

/** What lives as long as one rendering. */
final class Rendering {
  private final Budget budget = new Budget();
  private final Supplier<LocalDateTime> clock;

  Rendering(Supplier<LocalDateTime> clock) {
    this.clock = clock;
  }

  Budget budget() {
    return budget;
  }

  LocalDateTime now() {
    return clock.get();
  }
}
