package org.nemotron.examples;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The levels of a log, under the names that NVIDIA's NIM gives them. */
enum LogLevel {
  TRACE,
  DEBUG,
  DEFAULT,
  INFO,
  WARNING,
  ERROR,
  CRITICAL;

  private Level level() {
    return switch (this) {
      case TRACE -> Level.FINER;
      case DEBUG -> Level.FINE;
      case DEFAULT, INFO -> Level.INFO;
      case WARNING -> Level.WARNING;
      case ERROR, CRITICAL -> Level.SEVERE;
    };
  }

  /** Lets the log of this process have this level and those above. */
  void set() {
    Logger root = Logger.getLogger("");
    root.setLevel(level());
    for (Handler handler : root.getHandlers()) {
      handler.setLevel(level());
    }
  }
}
