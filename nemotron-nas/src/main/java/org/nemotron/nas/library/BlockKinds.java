package org.nemotron.nas.library;

import com.google.common.collect.ImmutableSet;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * The kinds that a block choice is of, by which a search counts layers: at most three layers of
 * {@code attention.noop}, at least ten of {@code parent}.
 *
 * <p>The names are those of candidates without their layer:
 *
 * <ul>
 *   <li>{@code attention.} and {@code ffn.} with the id of what stands there: {@code
 *       attention.kv2}, {@code attention.linear}, {@code attention.noop}, {@code ffn.w352}, {@code
 *       ffn.linear}, {@code ffn.noop};
 *   <li>{@code attention.gqa} and {@code ffn.gated}, whatever the number of heads or channels;
 *   <li>{@code attention.parent} and {@code ffn.parent} where that half is as in the parent;
 *   <li>{@link BlockChoice#origin}: {@code parent}, {@code decoupled}, {@code coupled} or {@code
 *       multi-layer}.
 * </ul>
 *
 * <p>A multi-layer replacement is of the kind {@code multi-layer} alone: a rule counts each of its
 * layers, and its sub-blocks stand in the first of them only.
 */
public final class BlockKinds {
  private static final String ATTENTION = "attention.";
  private static final String FFN = "ffn.";
  private static final String PARENT = "parent";

  private BlockKinds() {}

  /** Returns the kind of the layers that have exactly this attention. */
  public static String of(AttentionSpec attention) {
    return ATTENTION + attention.id();
  }

  /** Returns the kind of the layers that have exactly this FFN. */
  public static String of(FfnSpec ffn) {
    return FFN + ffn.id();
  }

  /** Returns all kinds that {@code choice} is of, in place of a layer of {@code parent}. */
  public static ImmutableSet<String> of(ModelSpec parent, BlockChoice choice) {
    return choice.layers() > 1
        ? ImmutableSet.of(choice.origin())
        : of(parent.block(choice.layer()), choice);
  }

  private static ImmutableSet<String> of(BlockSpec own, BlockChoice choice) {
    BlockSpec spec = choice.spec();
    ImmutableSet.Builder<String> kinds = ImmutableSet.builder();
    kinds.add(of(spec.attention()), family(spec.attention()));
    if (spec.attention().equals(own.attention())) {
      kinds.add(ATTENTION + PARENT);
    }
    kinds.add(of(spec.ffn()), family(spec.ffn()));
    if (spec.ffn().equals(own.ffn())) {
      kinds.add(FFN + PARENT);
    }
    return kinds.add(choice.origin()).build();
  }

  private static String family(AttentionSpec attention) {
    return attention.accept(
        new AttentionSpec.Visitor<String>() {
          @Override
          public String visit(AttentionSpec.GroupedQuery heads) {
            return ATTENTION + "gqa";
          }

          @Override
          public String visit(AttentionSpec.Linear linear) {
            return of(linear);
          }

          @Override
          public String visit(AttentionSpec.NoOp none) {
            return of(none);
          }
        });
  }

  private static String family(FfnSpec ffn) {
    return ffn.accept(
        new FfnSpec.Visitor<String>() {
          @Override
          public String visit(FfnSpec.Gated gated) {
            return FFN + "gated";
          }

          @Override
          public String visit(FfnSpec.Linear linear) {
            return of(linear);
          }

          @Override
          public String visit(FfnSpec.NoOp none) {
            return of(none);
          }
        });
  }
}
