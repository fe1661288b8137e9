package org.nemotron.nas.estimate;

/**
 * What a machine has left, in bytes. Immutable.
 *
 * @param hostBytes of memory, with what this process has already
 * @param device its name, such as {@code cuda:0}
 * @param deviceBytes of the GPU; 0 on the CPU
 * @param diskBytes where the run's directory will be
 * @param disk that directory
 */
public record MachineRoom(
    long hostBytes, String device, long deviceBytes, long diskBytes, String disk) {}
