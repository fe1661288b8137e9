package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.spec.BlockSpec;

/**
 * What a child has in place of one or several consecutive parent layers. Immutable.
 *
 * @param layer the first parent layer replaced
 * @param covers how many are replaced
 * @param spec the block that stands there
 * @param origin where its weights come from
 */
public record BlockChoice(int layer, int covers, BlockSpec spec, Origin origin) {
  /** Where the weights of a placed block come from. */
  public enum Origin {
    /** The parent's own block. */
    PARENT,
    /** Two sub-blocks, each the parent's own or trained apart. */
    DECOUPLED,
    /** A pair trained together. */
    COUPLED,
    /** One block trained to imitate several layers. */
    COVERING
  }

  /** Checks that origin and count agree. */
  public BlockChoice {
    checkArgument(covers > 0, "covers (%s) must be positive", covers);
    checkArgument(
        (covers > 1) == (origin == Origin.COVERING),
        "layer %s: a block that covers %s layers cannot be %s",
        layer,
        covers,
        origin);
  }

  /** Returns the candidate whose weights are placed, where they were trained as a whole. */
  Candidate.Whole whole() {
    return new Candidate.Whole(layer, covers, spec);
  }
}
