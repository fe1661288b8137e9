package org.nemotron.runtime.engine;

import java.util.Optional;

/** What an engine reports of keys and values that its KV cache could not hold as they were. */
final class Saturation {
  private Saturation() {}

  /** Returns a sentence and a remedy where {@code elements} is not 0. */
  static Optional<String> warning(long elements) {
    return elements == 0
        ? Optional.empty()
        : Optional.of(
            elements
                + (elements == 1 ? " element" : " elements")
                + " of the KV cache exceeded its 8-bit floats, and took the largest of them.\n"
                + "Maybe kvFormat (USUAL) serves this model better.");
  }
}
