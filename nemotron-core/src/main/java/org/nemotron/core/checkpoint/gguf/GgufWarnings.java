package org.nemotron.core.checkpoint.gguf;

/**
 * What is read otherwise than a GGUF file says, or by a default that may not be meant: warnings of
 * the {@link System.Logger} {@code org.nemotron.gguf}.
 */
final class GgufWarnings {
  private GgufWarnings() {}

  static void warn(String sentence) {
    System.getLogger("org.nemotron.gguf").log(System.Logger.Level.WARNING, sentence);
  }
}
