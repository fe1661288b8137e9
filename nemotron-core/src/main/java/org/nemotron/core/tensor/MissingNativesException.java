package org.nemotron.core.tensor;

import java.io.Serial;

/**
 * Thrown at the first use of LibTorch where its native libraries are missing or cannot be loaded.
 * They are the application's choice, by platform; the message names the dependencies.
 */
public final class MissingNativesException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  MissingNativesException(String message, Throwable cause) {
    super(message, cause);
  }
}
