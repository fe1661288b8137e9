package org.nemotron.nas.score;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.BlockChoice;
import org.nemotron.nas.library.Candidate;

/**
 * Which models have to be measured to score candidates within a child: as each is compared with the
 * parent's own in the same place, the scores add as those of candidates alone in the parent do, and
 * where a choice of the child is exchanged for another the sum changes by what was measured.
 */
final class ContextPlan {
  private final ModelSpec parent;
  private final Architecture child;

  ContextPlan(ModelSpec parent, Architecture child) {
    this.parent = parent;
    this.child = child;
  }

  /** Returns the score of {@code candidate}. */
  Combination score(Candidate candidate) {
    return candidate.accept(
        new Candidate.Visitor<>() {
          @Override
          public Combination visit(Candidate.Attention attention) {
            return ofAttention(attention.layer(), attention.spec());
          }

          @Override
          public Combination visit(Candidate.Ffn ffn) {
            return ofFfn(ffn.layer(), ffn.spec());
          }

          @Override
          public Combination visit(Candidate.Block block) {
            return ofPair(new BlockChoice.Coupled(block.layer(), block.spec()));
          }

          @Override
          public Combination visit(Candidate.MultiLayer block) {
            return ofBlock(new BlockChoice.MultiLayer(block.layer(), block.layers(), block.spec()));
          }
        });
  }

  /** An attention stands before the child's FFN, and so does the parent's to compare with. */
  private Combination ofAttention(int layer, AttentionSpec attention) {
    FfnSpec ffn = around(layer).blocks().get(layer).ffn();
    AttentionSpec own = parent.block(layer).attention();
    return with(layer, new BlockSpec(attention, ffn)).minus(with(layer, new BlockSpec(own, ffn)));
  }

  private Combination ofFfn(int layer, FfnSpec ffn) {
    AttentionSpec attention = around(layer).blocks().get(layer).attention();
    FfnSpec own = parent.block(layer).ffn();
    return with(layer, new BlockSpec(attention, ffn))
        .minus(with(layer, new BlockSpec(attention, own)));
  }

  /** A pair trained together is compared with the halves of the child's own, trained apart. */
  private Combination ofPair(BlockChoice.Coupled pair) {
    int layer = pair.layer();
    return Combination.of(around(layer).with(pair))
        .minus(with(layer, around(layer).blocks().get(layer)))
        .plus(ofHalves(layer));
  }

  private Combination ofHalves(int layer) {
    BlockSpec halves = around(layer).blocks().get(layer);
    return ofAttention(layer, halves.attention()).plus(ofFfn(layer, halves.ffn()));
  }

  /** A block for several layers makes up for all that it replaces. */
  private Combination ofBlock(BlockChoice.MultiLayer block) {
    Architecture around = child;
    Combination replaced = Combination.NOTHING;
    for (BlockChoice choice : child.choices()) {
      if (overlap(choice, block)) {
        replaced = replaced.plus(ofOwn(choice));
        around = restored(around, choice);
      }
    }
    return Combination.of(around.with(block)).minus(Combination.of(child)).plus(replaced);
  }

  private static boolean overlap(BlockChoice some, BlockChoice other) {
    return some.layer() < other.layer() + other.layers()
        && other.layer() < some.layer() + some.layers();
  }

  /** Returns the score of a choice of the child itself. */
  private Combination ofOwn(BlockChoice choice) {
    return choice.accept(
        new BlockChoice.Visitor<>() {
          @Override
          public Combination visit(BlockChoice.Parent own) {
            return Combination.NOTHING;
          }

          @Override
          public Combination visit(BlockChoice.Decoupled pair) {
            return ofHalves(pair.layer());
          }

          @Override
          public Combination visit(BlockChoice.Coupled pair) {
            return ofPair(pair);
          }

          @Override
          public Combination visit(BlockChoice.MultiLayer block) {
            return Combination.of(child).minus(Combination.of(restored(child, block)));
          }
        });
  }

  /** Returns what stands around the block of a layer: the child, but for a block of several. */
  private Architecture around(int layer) {
    for (BlockChoice choice : child.choices()) {
      boolean covers = choice.layer() <= layer && layer < choice.layer() + choice.layers();
      if (covers && choice.layers() > 1) {
        return restored(child, choice);
      }
    }
    return child;
  }

  /** Returns {@code model} with the parent's own blocks in the layers of {@code choice}. */
  private Architecture restored(Architecture model, BlockChoice choice) {
    ImmutableList.Builder<BlockChoice> choices = ImmutableList.builder();
    for (BlockChoice other : model.choices()) {
      if (other.equals(choice)) {
        for (int layer = choice.layer(); layer < choice.layer() + choice.layers(); layer++) {
          choices.add(new BlockChoice.Parent(layer, parent.block(layer)));
        }
      } else {
        choices.add(other);
      }
    }
    return new Architecture(choices.build());
  }

  private Combination with(int layer, BlockSpec halves) {
    return Combination.of(
        around(layer)
            .with(
                halves.equals(parent.block(layer))
                    ? new BlockChoice.Parent(layer, halves)
                    : new BlockChoice.Decoupled(layer, halves)));
  }
}
