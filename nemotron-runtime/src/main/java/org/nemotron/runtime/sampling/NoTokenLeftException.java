package org.nemotron.runtime.sampling;

/**
 * What a request allows, bans and demands leaves no token that could follow in its answer: the
 * fault is the request's.
 */
public final class NoTokenLeftException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  NoTokenLeftException() {
    super(
        "no token can follow: those that the request and its constraint allow are banned, or would"
            + " end the answer too soon");
  }
}
