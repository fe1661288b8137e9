package org.nemotron.nas.shard;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class FlatShardProperties {
  @Provide
  Arbitrary<FlatShards> shards() {
    return Combinators.combine(
            Arbitraries.longs().between(1, 3000).list().ofMaxSize(8),
            Arbitraries.integers().between(1, 9))
        .as(FlatShardProperties::of);
  }

  private static FlatShards of(List<Long> counts, int ranks) {
    ImmutableMap.Builder<String, Long> elements = ImmutableMap.builder();
    for (int i = 0; i < counts.size(); i++) {
      elements.put("tensor" + i, counts.get(i));
    }
    return new FlatShards(elements.buildOrThrow(), ranks);
  }

  @Property
  void everyElementBelongsToOneRankInOrder(@ForAll("shards") FlatShards shards) {
    shards
        .elements()
        .forEach(
            (name, count) -> {
              long next = 0;
              for (int rank = 0; rank < shards.ranks(); rank++) {
                FlatShards.Piece piece = shards.pieces(rank).get(name);
                if (piece != null) {
                  assertThat(piece.begin()).isEqualTo(next);
                  next = piece.end();
                }
              }
              assertThat(next).isEqualTo(count);
            });
  }

  @Property
  void everyPieceBeginsAtABlockAndLiesInItsSlotWhereTheRowHasIt(
      @ForAll("shards") FlatShards shards) {
    for (int rank = 0; rank < shards.ranks(); rank++) {
      long slot = rank * shards.slotElements();
      shards
          .pieces(rank)
          .forEach(
              (name, piece) -> {
                assertThat(piece.begin() % FlatShards.BLOCK).isZero();
                assertThat(piece.offset() % FlatShards.BLOCK).isZero();
                assertThat(piece.offset()).isNotNegative();
                assertThat(piece.offset() + piece.size())
                    .isLessThanOrEqualTo(shards.slotElements());
                long offset = shards.offsets().getOrDefault(name, -1L);
                assertThat(slot + piece.offset()).isEqualTo(offset + piece.begin());
              });
    }
  }

  @Property
  void noRankHasMoreThanItsShareRoundedUpToABlock(@ForAll("shards") FlatShards shards) {
    long padded = shards.blocks() * FlatShards.BLOCK;
    assertThat(shards.slotElements() * shards.ranks()).isGreaterThanOrEqualTo(padded);
    assertThat((shards.slotElements() - FlatShards.BLOCK) * shards.ranks())
        .isLessThanOrEqualTo(padded);
  }
}
