package org.nemotron.runtime.jinja;

import com.google.common.collect.ImmutableSet;
import java.time.LocalDateTime;
import java.util.function.Supplier;

/** What lives as long as one rendering. */
final class Rendering {
  private final Budget budget = new Budget();
  private final HiddenNames hidden;
  private final Supplier<LocalDateTime> clock;

  Rendering(HiddenNames hidden, Supplier<LocalDateTime> clock) {
    this.hidden = hidden;
    this.clock = clock;
  }

  /** Returns the names that are undefined when the scope of a block begins. */
  ImmutableSet<String> hiddenIn(Statement.Block block) {
    return hidden.in(block);
  }

  Budget budget() {
    return budget;
  }

  LocalDateTime now() {
    return clock.get();
  }
}
