package org.nemotron.core.distributed;

/**
 * A rank that is missing, late or has failed, which ends the run of all others; the message names
 * it, with the stage and step that it was last known to be at.
 */
public final class RankFailureException extends RuntimeException {
  private static final long serialVersionUID = 1;

  RankFailureException(String message) {
    super(message);
  }

  RankFailureException(String message, Throwable cause) {
    super(message, cause);
  }
}
