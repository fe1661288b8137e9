package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * What the shots are drawn by.
 *
 * @param number the seed; the harness's is 1234
 * @param perItem whether each item has a generator of its own, so that its shots do not depend on
 *     the items before it; not as in the harness
 */
public record ShotSeed(long number, boolean perItem) {
  /** As in the harness. */
  public static final ShotSeed HARNESS = new ShotSeed(1234, false);

  /** Checks the seed. */
  public ShotSeed {
    checkArgument(number >= 0, "the seed (%s) must not be negative", number);
  }
}
