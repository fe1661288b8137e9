package org.nemotron.nas.pipeline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.cost.PairedRates;
import org.nemotron.nas.cost.Scenario;

/**
 * How fast a child of some architecture generates on another machine, beside the parent. Immutable.
 *
 * @param ofParent the parent's scenario, with the batch that suits it best there
 * @param scenario the child's
 * @param blocks of the child, one entry per layer
 * @param rates generated tokens per second of the parent and of the child, in turns
 */
public record MeasuredSpeed(
    Scenario ofParent, Scenario scenario, ImmutableList<BlockSpec> blocks, PairedRates rates) {
  private static final int PARENT_AND_CHILD = 2;

  /** Checks that two models were measured. */
  public MeasuredSpeed {
    checkArgument(!blocks.isEmpty(), "blocks ([]) must hold at least one");
    checkArgument(
        rates.rounds().get(0).size() == PARENT_AND_CHILD,
        "rates must be of the parent and of one child, not of %s models",
        rates.rounds().get(0).size());
  }

  /** Returns whether this is the speed of {@code child} in a scenario. */
  boolean isOf(ModelSpec child, Scenario ofChild) {
    return scenario.equals(ofChild) && blocks.equals(child.blocks());
  }

  /** Returns medians and intervals. */
  SpeedMeasurement measurement() {
    return SpeedMeasurement.of(rates, 1);
  }
}
