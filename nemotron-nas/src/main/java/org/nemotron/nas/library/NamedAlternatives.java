package org.nemotron.nas.library;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import java.util.Comparator;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;

/**
 * Holds what a search space names against the layers that may change: a value of which no layer can
 * have an alternative is a mistake. The paper's lists are for parents of any size.
 */
final class NamedAlternatives {
  private final SearchSpace space;
  private final ImmutableList<BlockSpec> layers;

  /**
   * Makes a check.
   *
   * @param kept the layers that stay as they are
   */
  NamedAlternatives(SearchSpace space, ModelSpec parent, Set<Integer> kept) {
    this.space = space;
    this.layers =
        IntStream.range(0, parent.layers())
            .filter(layer -> !kept.contains(layer))
            .mapToObj(parent::block)
            .collect(ImmutableList.toImmutableList());
  }

  /**
   * Checks each value.
   *
   * @throws IllegalArgumentException if one gives no layer an alternative, nor is the parent's own
   */
  void check() {
    if (layers.isEmpty()) {
      return;
    }
    if (!space.kvHeads().equals(SearchSpace.PAPER.kvHeads())) {
      space.kvHeads().forEach(this::checkKvHeads);
    }
    if (!space.ffnFractions().equals(SearchSpace.PAPER.ffnFractions())) {
      space.ffnFractions().forEach(this::checkFraction);
    }
  }

  private void checkKvHeads(int heads) {
    ImmutableSortedSet<Integer> own = own(block -> block.attention().kvHeads());
    checkArgument(
        own.stream().anyMatch(all -> all % heads == 0),
        "kvHeads (%s) must divide the key/value heads of some layer that may change: %s.\n"
            + "Maybe leave it out.",
        heads,
        own);
  }

  private void checkFraction(double share) {
    SearchSpace alone =
        space.toBuilder().ffnFractions(share).linearFfn(false).noOpFfn(false).build();
    checkArgument(
        layers.stream().anyMatch(block -> !alone.ffnAlternatives(block.ffn()).isEmpty()),
        "ffnFractions (%s) must leave some layer fewer channels than it has: of %s, rounded to a"
            + " multiple of %s, none are fewer.\nMaybe leave it out, or lower channelMultiple.",
        share,
        own(block -> block.ffn().channels()),
        space.channelMultiple());
  }

  private ImmutableSortedSet<Integer> own(ToIntFunction<BlockSpec> number) {
    return layers.stream()
        .map(number::applyAsInt)
        .filter(value -> value > 0)
        .collect(ImmutableSortedSet.toImmutableSortedSet(Comparator.naturalOrder()));
  }
}
