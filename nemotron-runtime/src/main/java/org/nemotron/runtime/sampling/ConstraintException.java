package org.nemotron.runtime.sampling;

/** Thrown where the constraint of a request fails; the cause is what it threw. */
public final class ConstraintException extends RuntimeException {
  private static final long serialVersionUID = 1;

  ConstraintException(Throwable reason) {
    super("the constraint of the request failed: " + reason, reason);
  }
}
