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
public record Architecture(ImmutableList<BlockChoice> choices) {
  /** Checks that each choice begins where the one before it ends. */
  public Architecture {
    int next = 0;
    for (BlockChoice choice : choices) {
      checkArgument(
          choice.layer() == next,
          "a block begins at layer %s but must begin at %s",
          choice.layer(),
          next);
      next += choice.layers();
    }
    checkArgument(next > 0, "an architecture must have at least one layer");
  }

  /** Returns the parent itself as an architecture. */
  public static Architecture ofParent(ModelSpec parent) {
    ImmutableList.Builder<BlockChoice> choices = ImmutableList.builder();
    for (int layer = 0; layer < parent.layers(); layer++) {
      choices.add(new BlockChoice.Parent(layer, parent.block(layer)));
    }
    return new Architecture(choices.build());
  }

  /** Returns the parent with only {@code candidate} in it. */
  public static Architecture ofOne(ModelSpec parent, Candidate candidate) {
    return ofParent(parent).with(candidate.accept(new Alone(parent)));
  }

  /** Returns this architecture with {@code placed} instead of the layers that it replaces. */
  public Architecture with(BlockChoice placed) {
    int end = placed.layer() + placed.layers();
    ImmutableList.Builder<BlockChoice> others = ImmutableList.builder();
    choices.stream().filter(choice -> choice.layer() < placed.layer()).forEach(others::add);
    others.add(placed);
    choices.stream().filter(choice -> choice.layer() >= end).forEach(others::add);
    return new Architecture(others.build());
  }

  /** The choice of one candidate, all else of its layer being the parent's. */
  private record Alone(ModelSpec parent) implements Candidate.Visitor<BlockChoice> {
    @Override
    public BlockChoice visit(Candidate.Attention candidate) {
      FfnSpec ffn = parent.block(candidate.layer()).ffn();
      return new BlockChoice.Decoupled(candidate.layer(), new BlockSpec(candidate.spec(), ffn));
    }

    @Override
    public BlockChoice visit(Candidate.Ffn candidate) {
      AttentionSpec attention = parent.block(candidate.layer()).attention();
      return new BlockChoice.Decoupled(
          candidate.layer(), new BlockSpec(attention, candidate.spec()));
    }

    @Override
    public BlockChoice visit(Candidate.Block candidate) {
      return new BlockChoice.Coupled(candidate.layer(), candidate.spec());
    }

    @Override
    public BlockChoice visit(Candidate.MultiLayer candidate) {
      return new BlockChoice.MultiLayer(candidate.layer(), candidate.layers(), candidate.spec());
    }
  }

  /** Returns how many parent layers it stands for. */
  public int layers() {
    return choices.stream().mapToInt(BlockChoice::layers).sum();
  }

  /**
   * Returns one block per parent layer: a multi-layer replacement is followed by blocks that do
   * nothing, so that parent and child count their layers alike.
   */
  public ImmutableList<BlockSpec> blocks() {
    ImmutableList.Builder<BlockSpec> blocks = ImmutableList.builder();
    for (BlockChoice choice : choices) {
      blocks.add(choice.spec());
      blocks.addAll(Collections.nCopies(choice.layers() - 1, BlockSpec.NO_OP));
    }
    return blocks.build();
  }
}
