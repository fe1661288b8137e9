package org.nemotron.examples;

import java.util.logging.Level;
import java.util.logging.Logger;

/** The levels of a log, under the names that NVIDIA's NIM gives them. */
enum LogLevel {
  TRACE(Level.FINER),
  DEBUG(Level.FINE),
  DEFAULT(Level.INFO),
  INFO(Level.INFO),
  WARNING(Level.WARNING),
  ERROR(Level.SEVERE),
  CRITICAL(Level.SEVERE);

  private final Level level;

  LogLevel(Level level) {
    this.level = level;
  }

  /** Lets the log of this process have this level and those above. */
  void set() {
    Logger root = Logger.getLogger("");
    root.setLevel(level);
    for (java.util.logging.Handler handler : root.getHandlers()) {
      handler.setLevel(level);
    }
  }
}
