package org.nemotron.core.tensor;

import java.io.Serial;

/**
 * A NaN or an infinity where a number must be; the message says where it was met.
 *
 * <p>What was finished before is kept. A caller may mend the weights or the settings and go on.
 */
public final class NonFiniteException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /** Makes the exception with a sentence that names the layer, the candidate or the step. */
  public NonFiniteException(String message) {
    super(message);
  }
}
