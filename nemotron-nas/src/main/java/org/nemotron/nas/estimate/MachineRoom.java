package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What a machine has left, in bytes. Immutable.
 *
 * @param hostBytes of memory, with what this process has already
 * @param device its name, such as {@code cuda:0}
 * @param deviceBytes of the GPU; 0 on the CPU
 * @param diskBytes where the run's directory will be
 * @param disk that directory
 * @param ranks processes of the run that share the host's memory
 */
public record MachineRoom(
    long hostBytes, String device, long deviceBytes, long diskBytes, String disk, int ranks) {
  /** Checks the number of ranks. */
  public MachineRoom {
    checkArgument(ranks > 0, "ranks (%s) must be positive", ranks);
  }

  /** Makes the room of one process. */
  public MachineRoom(long hostBytes, String device, long deviceBytes, long diskBytes, String disk) {
    this(hostBytes, device, deviceBytes, diskBytes, disk, 1);
  }

  /** Returns what each rank has of the host's memory. */
  public long rankHostBytes() {
    return hostBytes / ranks;
  }
}
