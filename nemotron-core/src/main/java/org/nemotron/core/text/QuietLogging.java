package org.nemotron.core.text;

import java.util.function.Supplier;

/**
 * The start of SLF4J, through which DJL logs, without its three lines on the standard error stream
 * about an application that has chosen no logging: that is then none. What an application says by
 * SLF4J's own property holds.
 */
final class QuietLogging {
  /** Read once, when SLF4J is first used. */
  private static final String VERBOSITY = "slf4j.internal.verbosity";

  private QuietLogging() {}

  /** Returns what {@code work} returns, in which SLF4J may start. */
  static synchronized <T> T during(Supplier<T> work) {
    if (System.getProperty(VERBOSITY) != null) {
      return work.get();
    }
    System.setProperty(VERBOSITY, "ERROR");
    try {
      return work.get();
    } finally {
      System.clearProperty(VERBOSITY);
    }
  }
}
