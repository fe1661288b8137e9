package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * A child as data: what stands in place of each parent layer, first to last, without gaps.
 * Immutable.
 */
public record Architecture(ImmutableList<Placement> placements) {
  /** Checks that each placement begins where the one before it ends. */
  public Architecture {
    int next = 0;
    for (Placement placement : placements) {
      checkArgument(
          placement.layer() == next,
          "a placement begins at layer %s but must begin at %s",
          placement.layer(),
          next);
      next += placement.covers();
    }
    checkArgument(next > 0, "an architecture must have at least one layer");
  }

  /** Returns the parent itself as an architecture. */
  public static Architecture ofParent(ModelSpec parent) {
    ImmutableList.Builder<Placement> placements = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      placements.add(new Placement(layer, 1, parent.block(layer), Placement.Origin.PARENT));
    }
    return new Architecture(placements.build());
  }

  /** Returns how many parent layers it stands for. */
  public int layers() {
    return placements.stream().mapToInt(Placement::covers).sum();
  }

  /**
   * Returns one block per parent layer: a block that covers several is followed by blocks that do
   * nothing, so that parent and child count their layers alike.
   */
  public ImmutableList<BlockSpec> blocks() {
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (Placement placement : placements) {
      blocks.add(placement.spec());
      blocks.addAll(Collections.nCopies(placement.covers() - 1, BlockSpec.NO_OP));
    }
    return blocks.build();
  }
}
