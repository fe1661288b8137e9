package org.nemotron.core.cuda;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.nemotron.core.tensor.Device;

/** The GPU's memory does not suffice; tensors made before are unaffected. */
public final class GpuMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final String OUT_OF_MEMORY = "CUDA out of memory";

  private static final Pattern SIZES =
      Pattern.compile(
          "Tried to allocate ([0-9.]+ [A-Za-z]+)\\."
              + ".*total capacity of ([0-9.]+ [A-Za-z]+) of which ([0-9.]+ [A-Za-z]+) is free");

  /**
   * Makes one.
   *
   * @param message a sentence; a second line names the remedy
   */
  public GpuMemoryException(String message) {
    super(message);
  }

  /**
   * Returns {@code failure}, or a sentence about the GPU's memory where LibTorch or CUDA ran out of
   * it: the bytes asked for, the bytes free, and the remedy.
   *
   * @param remedy the second line, from "Maybe" to the full stop
   */
  public static RuntimeException explaining(
      RuntimeException failure, Device device, String remedy) {
    String message = String.valueOf(failure.getMessage());
    if (failure instanceof GpuMemoryException) {
      return message.contains("\nMaybe ")
          ? failure
          : new GpuMemoryException(message + ".\n" + remedy);
    }
    if (!message.contains(OUT_OF_MEMORY)) {
      return failure;
    }
    Matcher sizes = SIZES.matcher(message);
    String what =
        sizes.find()
            ? String.format(
                "%s do not fit; %s of %s are free", sizes.group(1), sizes.group(3), sizes.group(2))
            : "the memory is used up";
    return new GpuMemoryException(device + ": " + what + ".\n" + remedy);
  }
}
