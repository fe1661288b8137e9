package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.Collections;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * A child as data: what stands in place of each parent layer, first to last, without gaps.
 * Immutable.
 */
public record Architecture(ImmutableList<BlockChoice> placements) {
  /** Checks that each placement begins where the one before it ends. */
  public Architecture {
    int next = 0;
    for (BlockChoice placement : placements) {
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
    ImmutableList.Builder<BlockChoice> placements = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      placements.add(new BlockChoice(layer, 1, parent.block(layer), BlockChoice.Origin.PARENT));
    }
    return new Architecture(placements.build());
  }

  /** Returns the parent with only {@code candidate} in it. */
  public static Architecture ofOne(ModelSpec parent, Candidate candidate) {
    return ofParent(parent).with(candidate.accept(new Alone(parent)));
  }

  /** Returns this architecture with {@code placed} instead of the single layers it covers. */
  public Architecture with(BlockChoice placed) {
    int end = placed.layer() + placed.covers();
    ImmutableList.Builder<BlockChoice> others = ImmutableList.builder();
    placements.stream().filter(p -> p.layer() < placed.layer()).forEach(others::add);
    others.add(placed);
    placements.stream().filter(p -> p.layer() >= end).forEach(others::add);
    return new Architecture(others.build());
  }

  /** A candidate as a placement, all else of its layer being the parent's. */
  private record Alone(ModelSpec parent) implements Candidate.Visitor<BlockChoice> {
    @Override
    public BlockChoice visit(Candidate.Attention candidate) {
      FfnSpec ffn = parent.block(candidate.layer()).ffn();
      return decoupled(candidate.layer(), new BlockSpec(candidate.spec(), ffn));
    }

    @Override
    public BlockChoice visit(Candidate.Ffn candidate) {
      AttentionSpec attention = parent.block(candidate.layer()).attention();
      return decoupled(candidate.layer(), new BlockSpec(attention, candidate.spec()));
    }

    @Override
    public BlockChoice visit(Candidate.Whole candidate) {
      BlockChoice.Origin origin =
          candidate.covers() > 1 ? BlockChoice.Origin.COVERING : BlockChoice.Origin.COUPLED;
      return new BlockChoice(candidate.layer(), candidate.covers(), candidate.spec(), origin);
    }

    private static BlockChoice decoupled(int layer, BlockSpec spec) {
      return new BlockChoice(layer, 1, spec, BlockChoice.Origin.DECOUPLED);
    }
  }

  /** Returns how many parent layers it stands for. */
  public int layers() {
    return placements.stream().mapToInt(BlockChoice::covers).sum();
  }

  /**
   * Returns one block per parent layer: a block that covers several is followed by blocks that do
   * nothing, so that parent and child count their layers alike.
   */
  public ImmutableList<BlockSpec> blocks() {
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (BlockChoice placement : placements) {
      blocks.add(placement.spec());
      blocks.addAll(Collections.nCopies(placement.covers() - 1, BlockSpec.NO_OP));
    }
    return blocks.build();
  }
}
