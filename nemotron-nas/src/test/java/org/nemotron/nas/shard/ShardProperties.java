package org.nemotron.nas.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class ShardProperties {
  private static final int LAYERS = 7;

  @Provide
  Arbitrary<ScoringShards> scoring() {
    return Combinators.combine(
            Arbitraries.longs().between(1, 40).list().ofMaxSize(9),
            Arbitraries.longs().between(0, 30),
            Arbitraries.integers().between(0, 9),
            Arbitraries.integers().between(1, 40))
        .as(
            (costs, prefix, batches, ranks) ->
                new ScoringShards(ImmutableList.copyOf(costs), prefix, batches, ranks));
  }

  @Property
  void everyUnitOfScoringBelongsToOneRankInOrder(@ForAll("scoring") ScoringShards shards) {
    int next = 0;
    for (int rank = 0; rank < shards.ranks(); rank++) {
      assertThat(shards.units(rank).first()).isEqualTo(next);
      next = shards.units(rank).end();
    }
    assertThat(next).isEqualTo(shards.units());
  }

  @Property
  void passesOfARankAreItsUnits(@ForAll("scoring") ScoringShards shards) {
    for (int rank = 0; rank < shards.ranks(); rank++) {
      int passes = 0;
      for (int batch = 0; batch < shards.batches(); batch++) {
        Span own = shards.passes(rank, batch);
        passes += own.size();
        for (int pass = own.first(); pass < own.end(); pass++) {
          int unit = batch * shards.passCosts().size() + pass;
          assertThat(shards.units(rank).contains(unit)).isTrue();
          assertThat(shards.batch(unit)).isEqualTo(batch);
          assertThat(shards.pass(unit)).isEqualTo(pass);
        }
      }
      assertThat(passes).isEqualTo(shards.units(rank).size());
    }
  }

  @Property
  void noRankHasMoreThanItsShareAndOnePassBesidePrefixes(@ForAll("scoring") ScoringShards shards) {
    long ofBatch = shards.passCosts().stream().mapToLong(Long::longValue).sum();
    long most = shards.passCosts().stream().mapToLong(Long::longValue).max().orElse(0);
    for (int rank = 0; rank < shards.ranks(); rank++) {
      int own = rank;
      long batches =
          IntStream.range(0, shards.batches())
              .filter(batch -> shards.passes(own, batch).size() > 0)
              .count();
      long passes = shards.cost(rank) - batches * shards.prefixCost();
      assertThat(passes)
          .isLessThanOrEqualTo(ofBatch * shards.batches() / shards.ranks() + most + 1);
    }
  }

  @Provide
  Arbitrary<LayerShards> layers() {
    Arbitrary<List<int[]>> candidates =
        Combinators.combine(
                Arbitraries.integers().between(0, LAYERS - 1),
                Arbitraries.integers().between(1, 3),
                Arbitraries.integers().between(1, 50))
            .as((layer, length, cost) -> new int[] {layer, Math.min(LAYERS, layer + length), cost})
            .list()
            .ofMaxSize(8)
            .map(
                some ->
                    some.stream()
                        .sorted((a, b) -> Integer.compare(a[0], b[0]))
                        .collect(Collectors.toList()));
    return Combinators.combine(
            candidates, Arbitraries.longs().between(0, 20), Arbitraries.integers().between(1, 12))
        .as(
            (some, layerCost, ranks) ->
                LayerShards.of(
                    ints(some, 0),
                    ints(some, 1),
                    some.stream().map(c -> (long) c[2]).collect(ImmutableList.toImmutableList()),
                    layerCost,
                    LAYERS,
                    ranks));
  }

  private static ImmutableList<Integer> ints(List<int[]> candidates, int index) {
    return candidates.stream().map(c -> c[index]).collect(ImmutableList.toImmutableList());
  }

  @Property
  void everyCandidateBelongsToOneRankInOrder(@ForAll("layers") LayerShards shards) {
    int next = 0;
    for (int rank = 0; rank < shards.ranks(); rank++) {
      assertThat(shards.candidates(rank).first()).isEqualTo(next);
      next = shards.candidates(rank).end();
      assertThat(shards.candidates(rank).size() > 0)
          .isEqualTo(rank < shards.active() && !shards.first().isEmpty());
    }
    assertThat(next).isEqualTo(shards.first().size());
  }

  @Property
  void everyLayerIsGoneThroughAndInputsComeFromTheRankBefore(@ForAll("layers") LayerShards shards) {
    assertThat(shards.layers(0).first()).isEqualTo(0);
    for (int rank = 1; rank < shards.active(); rank++) {
      Span before = shards.layers(rank - 1);
      assertThat(shards.input(rank)).isBetween(before.first(), before.end());
      assertThat(shards.layers(rank).first()).isEqualTo(shards.input(rank));
    }
    assertThat(shards.layers(shards.active() - 1).end()).isEqualTo(LAYERS);
    for (int rank = 0; rank < shards.active(); rank++) {
      Span own = shards.candidates(rank);
      for (int index = own.first(); index < own.end(); index++) {
        assertThat(shards.layers(rank).first()).isLessThanOrEqualTo(shards.first().get(index));
        assertThat(shards.layers(rank).end()).isGreaterThanOrEqualTo(shards.ends().get(index));
      }
    }
  }

  @Property
  void noOtherCutIsCheaperAtItsDearest(@ForAll("layers") LayerShards shards) {
    long dearest = 0;
    for (int rank = 0; rank < shards.ranks(); rank++) {
      dearest = Math.max(dearest, shards.cost(rank));
    }
    assertThat(dearest).isEqualTo(cheapest(shards, 0, shards.ranks()));
  }

  /** By trying every cut. */
  private static long cheapest(LayerShards shards, int from, int ranks) {
    int candidates = shards.first().size();
    if (from == candidates) {
      return 0;
    }
    if (ranks == 1) {
      return cost(shards, from, candidates);
    }
    long cheapest = Long.MAX_VALUE;
    for (int to = from + 1; to <= candidates; to++) {
      cheapest =
          Math.min(
              cheapest,
              Math.max(cost(shards, from, to), cheapest(shards, to, Math.max(1, ranks - 1))));
    }
    return cheapest;
  }

  private static long cost(LayerShards shards, int from, int to) {
    long cost = 0;
    int end = 0;
    for (int index = from; index < to; index++) {
      cost += shards.costs().get(index);
      end = Math.max(end, shards.ends().get(index));
    }
    return cost + shards.layerCost() * (end - shards.first().get(from));
  }
}
