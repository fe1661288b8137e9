package org.nemotron.runtime.race;

/** What both sides do. */
final class RaceLengths {
  static final int BATCH = 16;
  static final int PROMPT = 128;
  static final int NEW_TOKENS = 64;
  static final int LONG_PROMPT = 512;
  static final int SINGLE_NEW_TOKENS = 128;

  private RaceLengths() {}
}
