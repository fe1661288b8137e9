package org.nemotron.nas.shard;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Ordering;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Local distillation divided among ranks as a pipeline of layers: each rank trains candidates of
 * consecutive layers, whose inputs come from the rank before. Candidates that share a layer may lie
 * on two ranks, each of which then computes the parent's layer. Ranks that are more than candidates
 * have nothing.
 *
 * @param first the first layer of each candidate, in ascending order
 * @param ends behind the last layer that each candidate replaces
 * @param costs what a step of each candidate costs, in any unit
 * @param layerCost what the parent's own pass through a layer costs, in the same
 * @param layers how many layers the parent has
 * @param starts the first candidate of each rank, and behind the last one's
 */
public record LayerShards(
    ImmutableList<Integer> first,
    ImmutableList<Integer> ends,
    ImmutableList<Long> costs,
    long layerCost,
    int layers,
    ImmutableList<Integer> starts) {
  /** Checks the order. */
  public LayerShards {
    checkArgument(Ordering.natural().isOrdered(first), "layers (%s) must be ascending", first);
    checkArgument(
        first.size() == costs.size() && first.size() == ends.size(),
        "candidates must each have a layer, an end and a cost");
  }

  /**
   * Returns the shards of which the most costly costs least.
   *
   * @throws IllegalArgumentException if the candidates' layers are not in ascending order
   */
  public static LayerShards of(
      ImmutableList<Integer> first,
      ImmutableList<Integer> ends,
      ImmutableList<Long> costs,
      long layerCost,
      int layers,
      int ranks) {
    checkArgument(ranks > 0, "ranks (%s) must be positive", ranks);
    LayerShards uncut =
        new LayerShards(first, ends, costs, layerCost, layers, ImmutableList.of(0, first.size()));
    long least = 0;
    long enough = Math.max(1, uncut.cost(0));
    while (least < enough) { // the least cost with which the ranks suffice
      long middle = least + (enough - least) / 2;
      if (uncut.filled(middle, ranks).size() <= ranks + 1) {
        enough = middle;
      } else {
        least = middle + 1;
      }
    }
    List<Integer> starts = new ArrayList<>(uncut.filled(enough, ranks));
    while (starts.size() <= ranks) {
      starts.add(first.size());
    }
    return new LayerShards(first, ends, costs, layerCost, layers, ImmutableList.copyOf(starts));
  }

  /** Fills one rank after the other up to {@code most}, and stops when that takes too many. */
  private List<Integer> filled(long most, int ranks) {
    List<Integer> cuts = new ArrayList<>(List.of(0));
    int start = 0;
    for (int end = 1; end <= first.size() && cuts.size() <= ranks + 1; end++) {
      if (cost(new Span(start, end)) > most) {
        if (end == start + 1) {
          return new ArrayList<>(Collections.nCopies(ranks + 2, 0)); // one is too much
        }
        start = end - 1;
        end = start;
        cuts.add(start);
      }
    }
    cuts.add(first.size());
    return cuts;
  }

  /** Returns how many ranks there are. */
  public int ranks() {
    return starts.size() - 1;
  }

  /** Returns how many of them, from rank 0 on, have candidates; at least one. */
  public int active() {
    int active = 1;
    while (active < ranks() && candidates(active).size() > 0) {
      active++;
    }
    return active;
  }

  /** Returns the candidates of a rank. */
  public Span candidates(int rank) {
    return new Span(starts.get(rank), starts.get(rank + 1));
  }

  /**
   * Returns the layers that a rank goes through: from the input that it gets to the one that it
   * passes on, and to the end of what its own candidates replace. All ranks' together are all
   * layers.
   */
  public Span layers(int rank) {
    if (rank >= active()) {
      return new Span(layers, layers);
    }
    int from = rank == 0 ? 0 : input(rank);
    int end = rank + 1 < active() ? input(rank + 1) : layers;
    Span own = candidates(rank);
    for (int index = own.first(); index < own.end(); index++) {
      end = Math.max(end, ends.get(index));
    }
    return new Span(from, end);
  }

  /** Returns the layer whose input a rank begins with; 0 for rank 0. */
  public int input(int rank) {
    return rank == 0 ? 0 : first.get(candidates(rank).first());
  }

  /** Returns what a step of a rank costs, the parent's pass through its layers with it. */
  public long cost(int rank) {
    return cost(candidates(rank));
  }

  private long cost(Span own) {
    if (own.size() == 0) {
      return 0;
    }
    int end = 0;
    long cost = 0;
    for (int index = own.first(); index < own.end(); index++) {
      end = Math.max(end, ends.get(index));
      cost += costs.get(index);
    }
    return cost + layerCost * (end - first.get(own.first()));
  }

  /**
   * Returns how long {@code steps} steps take: each rank begins a step when the one before has gone
   * through its layers, and sends on before it trains.
   */
  public long time(int steps) {
    long slowest = 0;
    long filling = 0;
    for (int rank = 0; rank < active(); rank++) {
      slowest = Math.max(slowest, filling + steps * cost(rank));
      filling += layerCost * layers(rank).size();
    }
    return slowest;
  }

  /** Returns how many times as fast as one rank these are. */
  public double speedup(int steps) {
    LayerShards alone = of(first, ends, costs, layerCost, layers, 1);
    return (double) alone.time(steps) / Math.max(1, time(steps));
  }
}
