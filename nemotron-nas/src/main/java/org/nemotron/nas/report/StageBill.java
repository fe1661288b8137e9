package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What a stage was estimated to take before the run, and what it took. Immutable.
 *
 * @param stage its name
 * @param predictedSeconds by the machine's rates
 * @param seconds measured
 * @param predictedHostBytes the most memory of the process
 * @param hostBytes the most that was seen
 * @param predictedDeviceBytes the most memory of the GPU; 0 on the CPU
 * @param deviceBytes the most that was seen
 */
public record StageBill(
    String stage,
    double predictedSeconds,
    double seconds,
    long predictedHostBytes,
    long hostBytes,
    long predictedDeviceBytes,
    long deviceBytes) {
  /** Checks that all are numbers. */
  public StageBill {
    checkArgument(!stage.isBlank(), "stage (\"%s\") must not be blank", stage);
    checkArgument(
        predictedSeconds >= 0
            && seconds >= 0
            && Double.isFinite(predictedSeconds + seconds)
            && predictedHostBytes >= 0
            && hostBytes >= 0
            && predictedDeviceBytes >= 0
            && deviceBytes >= 0,
        "%s: seconds (%s, %s) and bytes must be finite numbers, not negative",
        stage,
        predictedSeconds,
        seconds);
  }
}
