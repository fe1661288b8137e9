package org.nemotron.core.nn;

import org.nemotron.core.cuda.CardMemoryException;
import org.nemotron.core.tensor.Device;

/** What LibTorch's failures on a card mean for whoever serves a model there. */
final class CardFailures {
  private static final String REMEDY =
      "Maybe give the engine fewer kvBytes, prefillTokens or a smaller maxBatch, or free the card of"
          + " other programs.";

  private CardFailures() {}

  /** Returns {@code failure}, or a sentence about the card's memory where that is the cause. */
  static RuntimeException explained(RuntimeException failure, Device device) {
    return CardMemoryException.explaining(failure, device, REMEDY);
  }
}
