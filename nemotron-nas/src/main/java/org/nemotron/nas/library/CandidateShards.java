package org.nemotron.nas.library;

import com.google.common.collect.ImmutableList;
import java.util.Collection;
import java.util.Comparator;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.PassFlops;
import org.nemotron.nas.shard.LayerShards;
import org.nemotron.nas.shard.Span;

/**
 * Which rank trains which candidates: consecutive layers each, of about the same work. Immutable.
 *
 * @param candidates those with weights, by layer
 * @param shards their division
 */
public record CandidateShards(ImmutableList<Candidate> candidates, LayerShards shards) {
  /**
   * Divides {@code candidates} among ranks; the same on every rank.
   *
   * @param windowTokens of a sequence
   */
  public static CandidateShards of(
      ModelSpec parent, Collection<? extends Candidate> candidates, int windowTokens, int ranks) {
    PassFlops pass = new PassFlops(parent, windowTokens);
    CandidateFlops flops = new CandidateFlops(pass);
    ImmutableList<Candidate> byLayer =
        candidates.stream()
            .filter(Candidate::hasWeights)
            .sorted(Comparator.comparingInt(Candidate::layer))
            .collect(ImmutableList.toImmutableList());
    ImmutableList.Builder<Integer> first = ImmutableList.builder();
    ImmutableList.Builder<Integer> ends = ImmutableList.builder();
    ImmutableList.Builder<Long> costs = ImmutableList.builder();
    double layers = 0;
    for (int layer = 0; layer < parent.layers(); layer++) {
      layers += pass.block(parent.block(layer));
    }
    for (Candidate candidate : byLayer) {
      first.add(candidate.layer());
      ends.add(candidate.layer() + candidate.layers());
      costs.add(Math.max(1, Math.round(flops.trained(candidate))));
    }
    return new CandidateShards(
        byLayer,
        LayerShards.of(
            first.build(),
            ends.build(),
            costs.build(),
            Math.round(layers / parent.layers()),
            parent.layers(),
            ranks));
  }

  /** Returns the candidates of a rank. */
  public ImmutableList<Candidate> of(int rank) {
    Span own = shards.candidates(rank);
    return candidates.subList(own.first(), own.end());
  }

  /** Returns the layers that a rank goes through. */
  public Span layers(int rank) {
    return shards.layers(rank);
  }

  /** Returns whether a rank has a place in the pipeline. */
  public boolean takesPart(int rank) {
    return rank < shards.active();
  }

  /** Returns the rank that goes through {@code layer} first. */
  public int owner(int layer) {
    int rank = 0;
    while (!layers(rank).contains(layer)) {
      rank++;
    }
    return rank;
  }

  /** Returns the layer whose input a rank passes on. */
  public int handover(int rank) {
    return isLast(rank) ? layers(rank).end() : shards.input(rank + 1);
  }

  /** Returns whether no rank is behind in the pipeline. */
  public boolean isLast(int rank) {
    return rank + 1 >= shards.active();
  }
}
