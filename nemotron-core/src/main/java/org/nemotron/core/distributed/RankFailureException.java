package org.nemotron.core.distributed;

import org.jspecify.annotations.Nullable;

/**
 * A rank that is missing, late or has failed, which ends the run of all others; the message names
 * it, with the stage and step that it was last known to be at.
 */
public final class RankFailureException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** Makes one whose message names the rank. */
  public RankFailureException(String message) {
    super(message);
  }

  /** Makes one whose message names the rank, and whose cause is what the rank threw. */
  public RankFailureException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
