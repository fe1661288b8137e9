package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * The most memory of a stage, in bytes. Immutable.
 *
 * @param hostBytes of the process, with all that it holds
 * @param deviceBytes of the GPU; 0 on the CPU
 * @param leastDeviceBytes without which the stage cannot run; where there is more, it takes more
 * @param remedies settings by which it could be less, the best first
 */
public record MemoryNeed(
    long hostBytes, long deviceBytes, long leastDeviceBytes, ImmutableList<String> remedies) {
  /** Nothing beside what the process has. */
  public static final MemoryNeed NONE = new MemoryNeed(0, 0, 0, ImmutableList.of());

  /** Checks that none is negative. */
  public MemoryNeed {
    checkArgument(
        hostBytes >= 0 && deviceBytes >= leastDeviceBytes && leastDeviceBytes >= 0,
        "bytes (%s, %s, %s) must not be negative, nor less than the least",
        hostBytes,
        deviceBytes,
        leastDeviceBytes);
  }
}
