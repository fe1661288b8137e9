package org.nemotron.nas.pipeline;

import java.io.Serial;

/** No architecture of the library keeps to the limits of a target; the message names the limit. */
public final class NoArchitectureException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  /** Makes the exception for {@code target}. */
  public NoArchitectureException(String target, String why) {
    super(
        String.format(
            "target %s: no architecture fits: %s.%n"
                + "Maybe a looser limit or a larger search space is wanted; finished stages are"
                + " kept.",
            target, why));
  }
}
