package org.nemotron.nas.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Finds a random path that meets every row, by random changes that do not lead away from them. */
final class RandomWalk {
  private static final int STEPS_PER_LAYER = 500;
  private static final int LONGEST_STRETCH = 3;

  private final LayerGraph network;
  private final RandomGenerator random;

  /** For every node, whether the last node can be reached from it through permitted arcs. */
  private final boolean[][] reaches;

  RandomWalk(LayerGraph network, RandomGenerator random) {
    this.network = network;
    this.random = random;
    this.reaches = reachability(network);
  }

  /** Returns a random path that fits, empty when none was met. */
  Optional<Path> path() {
    List<Integer> arcs = stretch(0, network.layers);
    double miss = miss(arcs);
    for (int i = 0; miss > 0 && i < STEPS_PER_LAYER * network.layers; i++) {
      List<Integer> changed = changed(arcs);
      double changedMiss = miss(changed);
      if (changedMiss <= miss) {
        arcs = changed;
        miss = changedMiss;
      }
    }
    return miss > 0 ? Optional.empty() : Optional.of(path(arcs));
  }

  /** Returns the arcs with a short stretch of them drawn anew. */
  private List<Integer> changed(List<Integer> arcs) {
    int first = random.nextInt(arcs.size());
    int last = Math.min(arcs.size() - 1, first + random.nextInt(LONGEST_STRETCH));
    List<Integer> changed = new ArrayList<>(arcs.subList(0, first));
    changed.addAll(stretch(network.from[arcs.get(first)], network.to[arcs.get(last)]));
    changed.addAll(arcs.subList(last + 1, arcs.size()));
    return changed;
  }

  /** Returns random arcs from one node to another. */
  private List<Integer> stretch(int from, int to) {
    List<Integer> arcs = new ArrayList<>();
    for (int node = from; node < to; node = network.to[arcs.get(arcs.size() - 1)]) {
      List<Integer> possible = new ArrayList<>();
      for (int arc = network.firstArc[node]; arc < network.firstArc[node + 1]; arc++) {
        if (reaches[network.to[arc]][to]) {
          possible.add(arc);
        }
      }
      arcs.add(possible.get(random.nextInt(possible.size())));
    }
    return arcs;
  }

  /** Returns how far the rows are from being met, each relative to its own size. */
  private double miss(List<Integer> arcs) {
    Path path = path(arcs);
    double miss = 0;
    for (Constraint row : network.rows) {
      double value = row.value(path);
      double excess = Math.max(0, Math.max(value - row.atMost, row.atLeast - value));
      miss += excess / Math.max(Math.abs(value), Double.MIN_NORMAL);
    }
    return miss;
  }

  private static Path path(List<Integer> arcs) {
    return Path.of(arcs.stream().mapToInt(Integer::intValue).toArray());
  }

  private static boolean[][] reachability(LayerGraph network) {
    boolean[][] reaches = new boolean[network.layers + 1][network.layers + 1];
    reaches[network.layers][network.layers] = true;
    for (int node = network.layers - 1; node >= 0; node--) {
      reaches[node][node] = true;
      for (int arc = network.firstArc[node]; arc < network.firstArc[node + 1]; arc++) {
        for (int to = node + 1; to <= network.layers; to++) {
          reaches[node][to] |= reaches[network.to[arc]][to];
        }
      }
    }
    return reaches;
  }
}
