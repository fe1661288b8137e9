package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** The greedy reference algorithm of Puzzle (appendix F.2.2) on a network. */
final class GreedyChoice {
  private final LayerGraph network;
  private final ImmutableList<Constraint> limited;

  /**
   * What is left of each limited row: the shares of the layers seen so far, less what they took.
   */
  private final double[] left;

  /** The arc that covers each layer, -1 while there is none. */
  private final int[] cover;

  GreedyChoice(LayerGraph network) {
    this.network = network;
    this.limited =
        network.rows.stream()
            .filter(row -> Double.isFinite(row.atMost))
            .collect(ImmutableList.toImmutableList());
    this.left = new double[limited.size()];
    this.cover = new int[network.layers];
    Arrays.fill(cover, -1);
  }

  /** Returns the greedy path, empty when some layer has nothing that fits its share. */
  Optional<Path> path() {
    int[] order =
        IntStream.range(0, network.layers)
            .boxed()
            .sorted(Comparator.comparingDouble(this::meanScore))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int layer : order) {
      if (cover[layer] < 0) {
        OptionalInt arc = bestThatFits(layer);
        if (arc.isEmpty()) {
          return Optional.empty();
        }
        take(arc.getAsInt());
      }
    }
    return Optional.of(Path.of(Arrays.stream(cover).distinct().toArray()));
  }

  private double meanScore(int layer) {
    return IntStream.range(network.firstArc[layer], network.firstArc[layer + 1])
        .mapToDouble(arc -> network.objective[arc])
        .average()
        .orElse(0);
  }

  private OptionalInt bestThatFits(int layer) {
    return IntStream.range(network.firstArc[layer], network.firstArc[layer + 1])
        .filter(this::isFree)
        .filter(this::fits)
        .boxed()
        .min(Comparator.comparingDouble(arc -> network.objective[arc]))
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  private boolean isFree(int arc) {
    return IntStream.range(network.from[arc], network.to[arc]).allMatch(at -> cover[at] < 0);
  }

  private boolean fits(int arc) {
    return IntStream.range(0, left.length).allMatch(row -> leftAfter(row, arc) >= 0);
  }

  private double leftAfter(int row, int arc) {
    Constraint limit = limited.get(row);
    double share = (limit.atMost - limit.fixed) / network.layers;
    int covered = network.to[arc] - network.from[arc];
    return left[row] + covered * share - limit.coefficients[arc];
  }

  private void take(int arc) {
    for (int row = 0; row < left.length; row++) {
      left[row] = leftAfter(row, arc);
    }
    Arrays.fill(cover, network.from[arc], network.to[arc], arc);
  }
}
