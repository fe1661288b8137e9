package org.nemotron.nas.search;

import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.nemotron.nas.search.graph.Constraint;
import org.nemotron.nas.search.graph.LayerGraph;
import org.nemotron.nas.search.graph.Path;
import org.nemotron.nas.search.graph.PathProblem;

/**
 * The greedy reference algorithm of Puzzle (appendix F.2.2) on a path problem.
 *
 * <p>Layers without a choice come first, and what they take is no part of what is split: kept as
 * they are, they may need more than an even share, which no choice of theirs could change.
 */
final class GreedyChoice {
  private final PathProblem problem;
  private final LayerGraph graph;
  private final ImmutableList<Constraint> limited;

  /** The even share of each limit that a layer with a choice has. */
  private final double[] share;

  /**
   * What is left of each limit: the shares of the layers passed so far, less what their arcs took.
   */
  private final double[] left;

  /** The arc that covers each layer, -1 while there is none. */
  private final int[] cover;

  GreedyChoice(PathProblem problem) {
    this.problem = problem;
    this.graph = problem.graph();
    this.limited =
        problem.constraints().stream()
            .filter(constraint -> Double.isFinite(constraint.atMost()))
            .collect(ImmutableList.toImmutableList());
    this.left = new double[limited.size()];
    this.share = new double[limited.size()];
    this.cover = new int[graph.lastNode()];
    Arrays.fill(cover, -1);
  }

  /** Returns the greedy path, empty when some layer has nothing that fits its share. */
  Optional<Path> path() {
    takeForced();
    int[] order =
        IntStream.range(0, graph.lastNode())
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

  /** Takes the arcs of the layers that have one only, and splits what they leave. */
  private void takeForced() {
    int[] arcsOver = new int[graph.lastNode()];
    for (int arc = 0; arc < graph.arcs(); arc++) {
      for (int layer = graph.from(arc); layer < graph.to(arc); layer++) {
        arcsOver[layer]++;
      }
    }
    int[] forced =
        IntStream.range(0, graph.lastNode())
            .filter(layer -> arcsOver[layer] == 1 && arcs(layer).count() == 1)
            .map(graph::firstArc)
            .filter(arc -> graph.to(arc) == graph.from(arc) + 1)
            .toArray();
    for (int index = 0; index < share.length; index++) {
      Constraint limit = limited.get(index);
      double taken = limit.fixed() + Arrays.stream(forced).mapToDouble(limit::coefficient).sum();
      share[index] = (limit.atMost() - taken) / Math.max(1, graph.lastNode() - forced.length);
    }
    for (int arc : forced) {
      cover[graph.from(arc)] = arc;
    }
  }

  private double meanScore(int layer) {
    return arcs(layer).mapToDouble(problem::objective).average().orElse(0);
  }

  private IntStream arcs(int layer) {
    return IntStream.range(graph.firstArc(layer), graph.endArc(layer));
  }

  private OptionalInt bestThatFits(int layer) {
    return arcs(layer)
        .filter(this::isFree)
        .filter(this::fits)
        .boxed()
        .min(Comparator.comparingDouble(problem::objective))
        .map(OptionalInt::of)
        .orElse(OptionalInt.empty());
  }

  private boolean isFree(int arc) {
    return IntStream.range(graph.from(arc), graph.to(arc)).allMatch(at -> cover[at] < 0);
  }

  private boolean fits(int arc) {
    return IntStream.range(0, left.length).allMatch(index -> leftAfter(index, arc) >= 0);
  }

  private double leftAfter(int index, int arc) {
    int covered = graph.to(arc) - graph.from(arc);
    return left[index] + covered * share[index] - limited.get(index).coefficient(arc);
  }

  private void take(int arc) {
    for (int index = 0; index < left.length; index++) {
      left[index] = leftAfter(index, arc);
    }
    Arrays.fill(cover, graph.from(arc), graph.to(arc), arc);
  }
}
