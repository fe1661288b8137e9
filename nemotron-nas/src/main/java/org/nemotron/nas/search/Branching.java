package org.nemotron.nas.search;

import java.util.Comparator;
import java.util.stream.IntStream;

/** Chooses the arc on which to split a core: with it, or with its rivals of the same node. */
final class Branching {
  /** How many nodes to try. */
  private static final int MOST_TRIED = 12;

  /** Bounds are compared, not proven: rough ones do. */
  private static final double PRECISION = 1e-6;

  /** Keeps the product of two gains from being decided by one that is zero. */
  private static final double LEAST_GAIN = 1e-6;

  private final Core core;
  private final Dual dual;
  private final double[] detours;

  Branching(Core core, Dual dual) {
    this.core = core;
    this.dual = dual;
    this.detours = dual.detours(core);
  }

  /** Returns the arc whose two parts have the bounds that rise most (strong branching). */
  int arc() {
    return IntStream.range(0, core.nodes)
        .filter(node -> core.firstArc[node + 1] - core.firstArc[node] > 1)
        .boxed()
        .sorted(Comparator.comparingDouble(this::secondDetour))
        .limit(MOST_TRIED)
        .map(this::leastDetour)
        .max(Comparator.comparingDouble(this::gain))
        .orElse(0);
  }

  private int leastDetour(int node) {
    return IntStream.range(core.firstArc[node], core.firstArc[node + 1])
        .boxed()
        .min(Comparator.comparingDouble(arc -> detours[arc]))
        .orElse(core.firstArc[node]);
  }

  private double secondDetour(int node) {
    return IntStream.range(core.firstArc[node], core.firstArc[node + 1])
        .mapToDouble(arc -> detours[arc])
        .sorted()
        .skip(1)
        .findFirst()
        .orElse(Double.POSITIVE_INFINITY);
  }

  private double gain(int arc) {
    return (gain(arc, true) + LEAST_GAIN) * (gain(arc, false) + LEAST_GAIN);
  }

  private double gain(int arc, boolean taken) {
    Core part = core.keeping(part(arc, taken));
    Dual raised = DualAscent.ascend(part, dual.multipliers, Double.POSITIVE_INFINITY, PRECISION);
    return Math.min(1, Math.max(0, raised.bound - dual.bound));
  }

  /** Marks the arcs without the rivals of {@code arc}, or without the arc itself. */
  boolean[] part(int arc, boolean taken) {
    boolean[] kept = new boolean[core.arcs()];
    for (int other = 0; other < kept.length; other++) {
      boolean rival = core.from[other] == core.from[arc] && other != arc;
      kept[other] = taken ? !rival : other != arc;
    }
    return kept;
  }
}
