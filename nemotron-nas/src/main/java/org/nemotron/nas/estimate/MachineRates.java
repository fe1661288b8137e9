package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;

/**
 * What a machine was measured to do, for one parent's shapes. Immutable.
 *
 * @param machine the GPU's name, or the kind and number of cores
 * @param matrixFlops of a large product of matrices in the element type of training, per second
 * @param servingFlops of the products of a prefill in the format that serves, per second
 * @param copyBytes copied within the memory that tensors lie in, read and written, per second
 * @param tokenizerTokens made of text per second; 0 where it was not measured
 * @param passes by kind of work
 * @param serving one entry per scenario
 * @param seconds how long all this took to measure
 */
public record MachineRates(
    String machine,
    double matrixFlops,
    double servingFlops,
    double copyBytes,
    double tokenizerTokens,
    ImmutableMap<WorkKind, PassRate> passes,
    ImmutableList<ServingRate> serving,
    double seconds) {
  /** Checks that there is a rate of each kind of work. */
  public MachineRates {
    for (WorkKind kind : WorkKind.values()) {
      checkArgument(passes.containsKey(kind), "passes must have a rate of %s", kind);
    }
    checkArgument(matrixFlops > 0, "matrixFlops (%s) must be positive", matrixFlops);
  }

  /** Returns how long all of {@code work} takes, one after the other. */
  public double seconds(Iterable<Work> work) {
    double sum = 0;
    for (Work part : work) {
      PassRate rate = passes.get(part.kind());
      checkArgument(rate != null, "passes must have a rate of %s", part.kind());
      sum += rate.seconds(part);
    }
    return sum;
  }
}
