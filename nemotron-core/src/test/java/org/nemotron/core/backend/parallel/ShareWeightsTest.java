package org.nemotron.core.backend.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableDoubleArray;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.parallel.IndexRange;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.testing.ModelSpecBuilder;

/** Scales of the KV cache go with the heads that a rank keeps. */
final class ShareWeightsTest {
  private static final int NO_HEADS = 2;

  /** Four KV heads, two, and none. */
  private static final ModelSpec SPEC =
      new ModelSpecBuilder()
          .width(16)
          .heads(4, 8)
          .blocks(block(4), block(2), new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp()))
          .build();

  private static BlockSpec block(int kvHeads) {
    return new BlockSpec(new AttentionSpec.GroupedQuery(4, kvHeads, 8), new FfnSpec.Gated(8));
  }

  /** Only scales, which are all that is asked for. */
  private record Scales(KvScales first, KvScales second) implements WeightSource {
    @Override
    public Tensor get(String name) {
      throw new AssertionError(name);
    }

    @Override
    public Tensor get(int layer, String name) {
      throw new AssertionError(name);
    }

    @Override
    public KvScales kvScales(int layer) {
      return layer == 0 ? first : second;
    }
  }

  private static KvScales scales(double[] keys, double... values) {
    return new KvScales(ImmutableDoubleArray.copyOf(keys), ImmutableDoubleArray.copyOf(values));
  }

  private static double[] of(double... keys) {
    return keys;
  }

  private static final WeightSource WHOLE =
      new LockedWeights(new Scales(scales(of(1, 2, 3, 4), 5, 6, 7, 8), scales(of(9), 10, 11)));

  private static WeightSource ofRank(int rank, int degree) {
    return new RankShare(new SlicePlan(SPEC, degree), rank).cut(WHOLE);
  }

  @Test
  void kvScales_twoRanks_areThoseOfTheirHeads() {
    assertThat(ofRank(0, 2).kvScales(0)).isEqualTo(scales(of(1, 2), 5, 6));
    assertThat(ofRank(1, 2).kvScales(0)).isEqualTo(scales(of(3, 4), 7, 8));
    assertThat(ofRank(0, 2).kvScales(1)).isEqualTo(scales(of(9), 10));
    assertThat(ofRank(1, 2).kvScales(1)).isEqualTo(scales(of(9), 11));
  }

  @Test
  void kvScales_headThatRanksShare_areTheSameOnBoth() {
    for (int rank = 0; rank < 4; rank++) {
      assertThat(ofRank(rank, 4).kvScales(0)).isEqualTo(scales(of(1 + rank), 5 + rank));
      assertThat(ofRank(rank, 4).kvScales(1)).isEqualTo(scales(of(9), 10 + rank / 2));
    }
  }

  @Test
  void kvScales_aloneOrWithoutHeads_needNoCut() {
    assertThat(ofRank(0, 1).kvScales(0)).isEqualTo(scales(of(1, 2, 3, 4), 5, 6, 7, 8));
    assertThat(ofRank(1, 2).kvScales(NO_HEADS)).isEqualTo(KvScales.ONE);
  }

  @Test
  void kvScales_notAsManyAsHeads_areRefused() {
    WeightSource wrong =
        new RankShare(new SlicePlan(SPEC, 2), 1)
            .cut(new Scales(scales(of(1, 2, 3), 5), KvScales.ONE));
    assertThatThrownBy(() -> wrong.kvScales(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the scales of keys (3 numbers) must be one, or one for each of 4 KV heads");
  }

  @Test
  void kvHeads_ofAllRanks_areThoseOfTheSpecs() {
    SlicePlan plan = new SlicePlan(SPEC, 4);
    assertThat(IntStream.range(0, 4).mapToObj(rank -> new RankShare(plan, rank).kvHeads(1)))
        .containsExactly(
            new IndexRange(0, 1), new IndexRange(0, 1), new IndexRange(1, 2), new IndexRange(1, 2));
    assertThat(new RankShare(plan, 0).kvHeads(NO_HEADS).isEmpty()).isTrue();
  }
}
