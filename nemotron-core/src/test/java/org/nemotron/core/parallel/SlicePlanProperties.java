package org.nemotron.core.parallel;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Longs;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.testing.ModelSpecBuilder;

/** Laws of the division of a model among ranks. */
final class SlicePlanProperties {
  private static final int MOST_RANKS = 9;

  /** A model's plan is made for each rank again and again. */
  private static final int TRIES = 300;

  /** What every rank holds whole; each element has as many holders as there are ranks. */
  private static final ImmutableSet<String> REPLICATED =
      ImmutableSet.of("norm.weight", "layernorm.weight", "o_proj.bias");

  private static final ImmutableSet<String> KEYS_AND_VALUES = ImmutableSet.of("k_proj", "v_proj");

  @Provide
  Arbitrary<SlicePlan> plans() {
    Arbitrary<List<BlockSpec>> layers = blocks().list().ofMinSize(1).ofMaxSize(4);
    return Combinators.combine(
            layers,
            Arbitraries.integers().between(MOST_RANKS, 40),
            Arbitraries.integers().between(1, MOST_RANKS),
            Arbitraries.of(true, false))
        .as(
            (blocks, vocabulary, degree, tied) ->
                new SlicePlan(
                    new ModelSpecBuilder()
                        .vocabularySize(vocabulary)
                        .width(10)
                        .heads(12, 2)
                        .tied(tied)
                        .blocks(ImmutableList.copyOf(blocks))
                        .build(),
                    degree));
  }

  private static Arbitrary<BlockSpec> blocks() {
    Arbitrary<AttentionSpec> attentions =
        Arbitraries.oneOf(
            Arbitraries.of(1, 2, 3, 4, 6, 12)
                .map(
                    kv ->
                        new AttentionSpec.GroupedQuery(
                            12, kv, 2, ImmutableSet.copyOf(AttentionTrait.values()))),
            Arbitraries.of(new AttentionSpec.Linear(), new AttentionSpec.NoOp()));
    Arbitrary<FfnSpec> ffns =
        Arbitraries.oneOf(
            Arbitraries.integers().between(1, 30).map(FfnSpec.Gated::new),
            Arbitraries.of(new FfnSpec.Linear(), new FfnSpec.NoOp()));
    return Combinators.combine(attentions, ffns).as(BlockSpec::new);
  }

  @Property(tries = TRIES)
  void everyElementIsHeldOnce_orByStatedReplicas(@ForAll("plans") SlicePlan plan) {
    ImmutableMap<String, ImmutableList<Long>> shapes = plan.spec().tensorShapes();
    shapes.forEach(
        (name, shape) -> {
          int[] holders = new int[Math.toIntExact(shape.get(dimension(plan, name)))];
          for (int rank = 0; rank < plan.degree(); rank++) {
            IndexRange range = verifyNotNull(plan.slices(rank).get(name)).range();
            for (long index = range.begin(); index < range.end(); index++) {
              holders[Math.toIntExact(index)]++;
            }
          }
          if (isReplicated(name)) {
            assertThat(holders).as(name).containsOnly(plan.degree());
          } else if (KEYS_AND_VALUES.stream().anyMatch(name::contains)) {
            checkReplicasOfHeads(plan, name, holders);
          } else {
            assertThat(holders).as(name).containsOnly(1);
          }
        });
  }

  private static boolean isReplicated(String name) {
    return REPLICATED.stream().anyMatch(name::endsWith);
  }

  private static int dimension(SlicePlan plan, String name) {
    int dimension = verifyNotNull(plan.slices(0).get(name)).dimension();
    for (int rank = 1; rank < plan.degree(); rank++) {
      assertThat(verifyNotNull(plan.slices(rank).get(name)).dimension()).isEqualTo(dimension);
    }
    return dimension;
  }

  /** A head is on one rank where there are enough, else on as many as differ by one at most. */
  private static void checkReplicasOfHeads(SlicePlan plan, String name, int[] holders) {
    AttentionSpec attention = plan.spec().block(layerOf(name)).attention();
    int least = Math.max(1, plan.degree() / attention.kvHeads());
    int most = Math.max(1, (plan.degree() + attention.kvHeads() - 1) / attention.kvHeads());
    assertThat(Arrays.stream(holders).min().orElseThrow()).as(name).isGreaterThanOrEqualTo(least);
    assertThat(Arrays.stream(holders).max().orElseThrow()).as(name).isLessThanOrEqualTo(most);
    int heads = attention.kvHeads();
    int elements = holders.length / heads;
    for (int index = 0; index < holders.length; index++) {
      assertThat(holders[index]).isEqualTo(holders[index / elements * elements]);
    }
  }

  private static int layerOf(String name) {
    return Integer.parseInt(name.split("\\.", -1)[2]);
  }

  @Property(tries = TRIES)
  void everyQueryHeadHasItsKeysOnItsRank(
      @ForAll @IntRange(min = 1, max = 12) int kvHeads,
      @ForAll @IntRange(min = 1, max = 6) int group,
      @ForAll @IntRange(min = 1, max = MOST_RANKS) int degree) {
    long queries = 0;
    for (int rank = 0; rank < degree; rank++) {
      HeadShare share = HeadShare.of(kvHeads * group, kvHeads, rank, degree);
      for (long head = share.queryHeads().begin(); head < share.queryHeads().end(); head++) {
        assertThat(head / group)
            .isGreaterThanOrEqualTo(share.kvHeads().begin())
            .isLessThan(share.kvHeads().end());
      }
      assertThat(share.kvHeads().isEmpty()).isEqualTo(share.queryHeads().isEmpty());
      if (!share.queryHeads().isEmpty()) {
        assertThat(share.queryHeads().size() % share.kvHeads().size()).isZero();
      }
      queries += share.queryHeads().size();
    }
    assertThat(queries).isEqualTo((long) kvHeads * group);
  }

  @Property(tries = TRIES)
  void sizesOfSharesDifferByOneUnitAtMost(
      @ForAll @IntRange(max = 1000) int count,
      @ForAll @IntRange(min = 1, max = MOST_RANKS) int degree) {
    long[] sizes =
        IntStream.range(0, degree)
            .mapToLong(rank -> IndexRange.share(count, rank, degree).size())
            .toArray();
    assertThat(Longs.max(sizes) - Longs.min(sizes)).isLessThanOrEqualTo(1);
    assertThat(Arrays.stream(sizes).sum()).isEqualTo(count);
  }

  @Property(tries = TRIES)
  void kvHeadsOfARankDifferByOneAtMost_andAreNeverMoreThanTheirShareRoundedUp(
      @ForAll @IntRange(min = 1, max = 12) int kvHeads,
      @ForAll @IntRange(min = 1, max = MOST_RANKS) int degree) {
    AttentionSpec attention = new AttentionSpec.GroupedQuery(12 * kvHeads, kvHeads, 2);
    long bytesPerHead = 2 * 2 * 2;
    for (int rank = 0; rank < degree; rank++) {
      long heads = new TensorParallel(degree).kvCache(attention, rank).bytes(1, 2) / bytesPerHead;
      assertThat(heads).isBetween(Math.max(1L, kvHeads / degree), 1L + (kvHeads - 1) / degree);
    }
    assertThat(new TensorParallel(degree).mostKvCacheBytes(attention, 1, 2) / bytesPerHead)
        .isEqualTo(1 + (kvHeads - 1) / degree);
  }

  @Property(tries = TRIES)
  void parametersOfAllRanksAreTheModelsPlusItsReplicas(@ForAll("plans") SlicePlan plan) {
    long replicas = 0;
    ImmutableMap<String, ImmutableList<Long>> shapes = plan.spec().tensorShapes();
    for (String name : shapes.keySet()) {
      long held =
          IntStream.range(0, plan.degree())
              .mapToLong(rank -> Shapes.elements(verifyNotNull(plan.shapes(rank).get(name))))
              .sum();
      replicas += held - Shapes.elements(verifyNotNull(shapes.get(name)));
    }
    long held = IntStream.range(0, plan.degree()).mapToLong(plan::parameters).sum();
    assertThat(held).isEqualTo(plan.spec().parameters() + replicas);
  }

  @Property(tries = TRIES)
  void noRankHoldsMoreThanTheSumOfTheMostOfItsParts(@ForAll("plans") SlicePlan plan) {
    ModelSpec spec = plan.spec();
    long most = 0;
    long mostCache = 0;
    for (BlockSpec block : spec.blocks()) {
      most += plan.layers().mostParameters(block.attention(), spec.width());
      most += plan.layers().mostParameters(block.ffn(), spec.width());
      mostCache += plan.layers().mostKvCacheBytes(block.attention(), 100, 2);
    }
    for (int rank = 0; rank < plan.degree(); rank++) {
      long nonBlock =
          plan.nonBlockSlices(rank).entrySet().stream()
              .mapToLong(
                  entry ->
                      Shapes.elements(
                          entry
                              .getValue()
                              .shape(
                                  verifyNotNull(spec.nonBlockTensorShapes().get(entry.getKey())))))
              .sum();
      assertThat(plan.parameters(rank) - nonBlock).isLessThanOrEqualTo(most);
      assertThat(plan.kvCacheBytes(rank, 100, 2)).isLessThanOrEqualTo(mostCache);
    }
  }

  @Property(tries = TRIES)
  void oneRankHoldsTheModelAsItIs(@ForAll("plans") SlicePlan plan) {
    SlicePlan alone = new SlicePlan(plan.spec(), 1);
    assertThat(alone.shapes(0)).isEqualTo(plan.spec().tensorShapes());
    assertThat(alone.parameters(0)).isEqualTo(plan.spec().parameters());
    assertThat(alone.kvCacheBytes(0, 7, 4)).isEqualTo(plan.spec().kvCacheBytes(7, 4));
    assertThat(alone.sums()).isZero();
  }

  @Example
  void llamaOfFourRanks_withFewKvHeads_replicatesThem() {
    assertThat(heads(32, 8, 4)).containsExactly("0-8/0-2", "8-16/2-4", "16-24/4-6", "24-32/6-8");
    assertThat(heads(32, 2, 4)).containsExactly("0-8/0-1", "8-16/0-1", "16-24/1-2", "24-32/1-2");
    assertThat(heads(32, 1, 4)).containsExactly("0-8/0-1", "8-16/0-1", "16-24/0-1", "24-32/0-1");
    assertThat(heads(12, 3, 2)).containsExactly("0-4/0-1", "4-12/1-3");
    assertThat(heads(12, 3, 4)).containsExactly("0-2/0-1", "2-4/0-1", "4-8/1-2", "8-12/2-3");
    assertThat(heads(2, 1, 3)).containsExactly("0-0/0-0", "0-1/0-1", "1-2/0-1");
  }

  private static List<String> heads(int queryHeads, int kvHeads, int degree) {
    return IntStream.range(0, degree)
        .mapToObj(rank -> HeadShare.of(queryHeads, kvHeads, rank, degree))
        .map(
            share ->
                share.queryHeads().begin()
                    + "-"
                    + share.queryHeads().end()
                    + "/"
                    + share.kvHeads().begin()
                    + "-"
                    + share.kvHeads().end())
        .toList();
  }

  @Example
  void sumsOfAStep_areThoseOfWhatComputes() {
    AttentionSpec attention = new AttentionSpec.GroupedQuery(4, 2, 2);
    ModelSpec spec =
        new ModelSpecBuilder()
            .heads(4, 2)
            .blocks(
                BlockSpec.NO_OP,
                new BlockSpec(attention, new FfnSpec.Linear()),
                new BlockSpec(attention, new FfnSpec.NoOp()))
            .build();
    assertThat(new SlicePlan(spec, 2).sums()).isEqualTo(4);
  }

  @Example
  void wrongDegrees_areRefusedBySentence() {
    ModelSpec spec = new ModelSpecBuilder().vocabularySize(3).build();
    assertThatThrownBy(() -> new SlicePlan(spec, 4))
        .hasMessage("degree (4) must not exceed the vocabulary (3)");
    assertThatThrownBy(() -> new TensorParallel(0)).hasMessage("degree (0) must be positive");
    assertThatThrownBy(() -> IndexRange.share(5, 2, 2)).hasMessage("rank (2) must be less than 2");
    assertThatThrownBy(() -> new TensorSlice(1, IndexRange.all(9)).shape(Shapes.of(4, 8)))
        .hasMessage("a slice up to index 9 of dimension 1 must lie in the tensor's shape [4, 8]");
    assertThatThrownBy(() -> new IndexRange(3, 2))
        .hasMessage("a range must begin (3) from 0 and before its end (2)");
  }
}
