package org.nemotron.core.checkpoint.format;

import java.io.IOException;

/**
 * A checkpoint that cannot be used: a file is missing, damaged, or of a kind that is not supported.
 * The message names the file, what stands there, and what must.
 */
public final class CheckpointFormatException extends IOException {
  private static final long serialVersionUID = 1L;

  /** Makes one with a whole sentence. */
  public CheckpointFormatException(String message) {
    super(message);
  }

  /** Makes one with a whole sentence and what led to it. */
  public CheckpointFormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
