package org.nemotron.nas.estimate;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Locale;
import java.util.Optional;

/**
 * The bill of a run before it begins. Immutable.
 *
 * <p>Seconds and memory are estimates for a run that reuses nothing; the architectures that the
 * search will find are not known yet, and are taken to be as small as their targets ask.
 *
 * @param stages in the order in which they run
 * @param rates by which seconds were reckoned
 * @param room what the machine has
 */
public record Estimate(ImmutableList<StageEstimate> stages, MachineRates rates, MachineRoom room) {
  private static final double GB = 1e9;

  /** Checks that there is a stage. */
  public Estimate {
    checkArgument(!stages.isEmpty(), "stages ([]) must hold at least one");
  }

  /** Returns the estimate of a stage, if there is one of this name. */
  public Optional<StageEstimate> stage(String name) {
    return stages.stream().filter(one -> one.stage().equals(name)).findFirst();
  }

  /** Returns the sum of all stages. */
  public double seconds() {
    return stages.stream().mapToDouble(StageEstimate::seconds).sum();
  }

  /** Returns the floating-point operations of all stages. */
  public double flops() {
    return stages.stream().mapToDouble(StageEstimate::flops).sum();
  }

  /** Returns the most memory that any stage takes of the host, in bytes. */
  public long hostBytes() {
    return stages.stream().mapToLong(one -> one.memory().hostBytes()).max().orElseThrow();
  }

  /** Returns the most memory that any stage takes of the GPU, in bytes. */
  public long deviceBytes() {
    return stages.stream().mapToLong(one -> one.memory().deviceBytes()).max().orElseThrow();
  }

  /** Returns what all stages leave on disk, and the most that one needs meanwhile, in bytes. */
  public long diskBytes() {
    return stages.stream().mapToLong(StageEstimate::diskBytes).sum()
        + stages.stream().mapToLong(StageEstimate::scratchBytes).max().orElseThrow();
  }

  /** Returns a sentence for each thing that the machine has too little of; none if all fits. */
  public ImmutableList<String> refusals() {
    ImmutableList.Builder<String> refusals = ImmutableList.builder();
    for (StageEstimate stage : stages) {
      refuse(stage, stage.memory().leastDeviceBytes(), room.device() + " has", room.deviceBytes())
          .ifPresent(refusals::add);
      refuse(stage, stage.memory().hostBytes(), host(), room.rankHostBytes())
          .ifPresent(refusals::add);
    }
    if (diskBytes() > room.diskBytes()) {
      refusals.add(
          sentence("the run", diskBytes(), "the disk of " + room.disk() + " has", room.diskBytes())
              + "\nMaybe name another execution.output.");
    }
    return refusals.build();
  }

  private String host() {
    return room.ranks() == 1
        ? "this machine has"
        : "this machine has for each of " + room.ranks() + " ranks";
  }

  private static Optional<String> refuse(
      StageEstimate stage, long needed, String place, long available) {
    if (needed <= available) {
      return Optional.empty();
    }
    ImmutableList<String> remedies = stage.memory().remedies();
    return Optional.of(
        sentence(stage.stage(), needed, place, available)
            + (remedies.isEmpty() ? "" : "\nMaybe " + String.join("; or ", remedies) + "."));
  }

  private static String sentence(String what, long needed, String place, long available) {
    return String.format(
        Locale.ROOT,
        "%s takes at least %.2f GB, but %s %.2f GB left: %.2f GB too little.",
        what,
        needed / GB,
        place,
        available / GB,
        (needed - available) / GB);
  }
}
