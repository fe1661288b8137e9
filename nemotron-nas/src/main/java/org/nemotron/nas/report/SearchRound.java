package org.nemotron.nas.report;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Optional;

/**
 * A round of the search that exchanged a few choices of a child. Immutable.
 *
 * @param round its number, from 1
 * @param before the child that the round began with
 * @param steps what was tried, in order; at most one was taken
 */
public record SearchRound(int round, KlToParent before, ImmutableList<Step> steps) {
  /** Checks that at most one step was taken. */
  public SearchRound {
    checkArgument(round > 0, "round (%s) must be positive", round);
    long taken = steps.stream().filter(Step::taken).count();
    checkArgument(taken <= 1, "round %s: steps taken (%s) must be at most 1", round, taken);
  }

  /** Returns the step that was taken, if one was. */
  public Optional<Step> taken() {
    return steps.stream().filter(Step::taken).findFirst();
  }

  /** Returns the child that the round ended with. */
  public KlToParent after() {
    return taken().map(Step::measured).orElse(before);
  }

  /**
   * How far a child is from its parent before its distillation, on the text kept for scores.
   *
   * @param assembledNats as assembled
   * @param startNats as its distillation begins: refitted where the plan says so and it helps
   */
  public record KlToParent(double assembledNats, double startNats) {
    /** Checks that both are numbers. */
    public KlToParent {
      checkArgument(
          Double.isFinite(assembledNats), "assembledNats (%s) must be finite", assembledNats);
      checkArgument(Double.isFinite(startNats), "startNats (%s) must be finite", startNats);
    }
  }

  /**
   * An architecture that was tried.
   *
   * @param most how many choices could be exchanged
   * @param exchanged how many were
   * @param predictedNats KL of the assembled child by the scores within the one before
   * @param measured what it is
   * @param taken whether it is the nearest to the parent of all, and so the next child
   */
  public record Step(
      int most, int exchanged, double predictedNats, KlToParent measured, boolean taken) {
    /** Checks the ranges. */
    public Step {
      checkArgument(
          exchanged > 0 && exchanged <= most,
          "exchanged (%s) must be from 1 to %s",
          exchanged,
          most);
      checkArgument(
          Double.isFinite(predictedNats), "predictedNats (%s) must be finite", predictedNats);
    }

    /** Returns this step as the one that was taken. */
    public Step asTaken() {
      return new Step(most, exchanged, predictedNats, measured, true);
    }
  }
}
