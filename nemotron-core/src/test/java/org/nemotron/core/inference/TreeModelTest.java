package org.nemotron.core.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;
import org.nemotron.core.testing.TestTrees;

/** Trees on the CPU, and trees by the steps that serve. */
final class TreeModelTest {
  /** Float32 sums in another order through a few layers. */
  private static final float TOLERANCE = 1e-4f;

  private static final int ROWS = 200;

  /** How a tree is computed. */
  private enum Way {
    ROWS {
      @Override
      TreeModel prepare(InferenceBackend backend, HeterogeneousModel model, WeightFormat format) {
        return backend.prepareTrees(model.spec(), WeightSource.of(model), format);
      }
    },
    PAGES {
      @Override
      TreeModel prepare(InferenceBackend backend, HeterogeneousModel model, WeightFormat format) {
        return new PagedTreeModel(backend.prepare(model, format, 128));
      }
    };

    abstract TreeModel prepare(
        InferenceBackend backend, HeterogeneousModel model, WeightFormat format);
  }

  private static ModelSpec withTraits() {
    AttentionSpec all =
        new AttentionSpec.GroupedQuery(
            TestModels.QUERY_HEADS,
            2,
            TestModels.HEAD_DIM,
            ImmutableSet.copyOf(AttentionTrait.values()));
    return TestModels.spec(
        new BlockSpec(all, TestModels.WIDE), new BlockSpec(all, TestModels.WIDE));
  }

  /** Returns a model whose weights are exact in half precision. */
  private static HeterogeneousModel halved(ModelSpec spec) {
    try (HeterogeneousModel model = TestModels.model(spec, 2);
        HeterogeneousModel half = model.copy(DType.FLOAT16)) {
      return half.copy(DType.FLOAT32);
    }
  }

  private static float[][][] run(TreeModel model, TokenTree... trees) {
    float[][][] rows = new float[trees.length][][];
    for (int tree = 0; tree < trees.length; tree++) {
      rows[tree] = new float[trees[tree].wanted().length()][];
    }
    model.run(
        ImmutableList.copyOf(trees), (tree, wanted, logits) -> rows[tree][wanted] = logits.clone());
    return rows;
  }

  static Stream<Object[]> cases() {
    return Stream.of(TestModels.mixed(), withTraits(), TestModels.spec(BlockSpec.NO_OP))
        .flatMap(
            spec ->
                Stream.of(Way.values())
                    .flatMap(
                        way ->
                            Stream.of(WeightFormat.FLOAT32, WeightFormat.FLOAT16)
                                .map(format -> new Object[] {spec, way, format})));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void run_tree_givesTheLogitsOfEachSequence(ModelSpec spec, Way way, WeightFormat format) {
    TokenTree tree = TestTrees.random(ROWS, 3);
    try (HeterogeneousModel model = halved(spec);
        InferenceBackend backend = Backends.of(Device.CPU, 2);
        TreeModel trees = way.prepare(backend, model, format)) {
      float[][] rows = run(trees, tree)[0];
      for (int row = 0; row < ROWS; row += 7) {
        assertThat(rows[row])
            .as("row %s", row)
            .containsExactly(last(model, TestTrees.sequence(tree, row)), within(TOLERANCE));
      }
    }
  }

  private static float[] last(HeterogeneousModel model, long[] ids) {
    try (NativeScope scope = NativeScope.open()) {
      float[] all = Tensors.floats(model.logits(Tensors.of(ids, 1, ids.length)));
      float[] last = new float[TestModels.VOCABULARY];
      System.arraycopy(all, all.length - last.length, last, 0, last.length);
      return last;
    }
  }

  @Test
  void run_halfPrecision_givesTheSameBitsAloneAndInCompanyWithAnyThreads() {
    TokenTree tree = TestTrees.random(ROWS, 4);
    try (HeterogeneousModel model = halved(TestModels.mixed());
        InferenceBackend one = Backends.of(Device.CPU, 1);
        InferenceBackend three = Backends.of(Device.CPU, 3);
        TreeModel alone = Way.ROWS.prepare(one, model, WeightFormat.FLOAT16);
        TreeModel shared = Way.ROWS.prepare(three, model, WeightFormat.FLOAT16)) {
      TokenTree other = TestTrees.random(1000, 5);
      float[][] company = run(shared, other, tree, other, tree)[1];
      for (int row = 0; row < ROWS; row += 3) {
        TokenTree single = TestTrees.single(TestTrees.sequence(tree, row));
        assertThat(run(alone, single)[0][0]).as("row %s", row).isEqualTo(company[row]);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void run_sequenceBeyondTheModelsContext_isRefused(Way way) {
    try (HeterogeneousModel model = halved(TestModels.mixed());
        InferenceBackend backend = Backends.of(Device.CPU, 1);
        TreeModel trees = way.prepare(backend, model, WeightFormat.FLOAT16)) {
      int most = model.spec().maxPositions();
      assertThatThrownBy(() -> run(trees, TestTrees.single(new long[most + 1])))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a sequence of %s tokens must not exceed max_position_embeddings (%s)",
              most + 1, most);
    }
  }

  @ParameterizedTest
  @EnumSource
  void run_closed_isRefused(Way way) {
    try (HeterogeneousModel model = halved(TestModels.mixed());
        InferenceBackend backend = Backends.of(Device.CPU, 1)) {
      TreeModel trees = way.prepare(backend, model, WeightFormat.FLOAT16);
      trees.close();
      trees.close();
      assertThatThrownBy(() -> run(trees, TestTrees.single(new long[1])))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("this model is closed");
    }
  }

  @Test
  void tokenTree_parentAsideOfTheRowAbove_isRefused() {
    assertThatThrownBy(
            () ->
                new TokenTree(
                    ImmutableIntArray.of(1, 2, 3, 4),
                    ImmutableIntArray.of(-1, 0, 0, 1),
                    ImmutableIntArray.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "row 3: its parent (1) must be row 2 or one in front of that: depth-first order");
  }

  @Test
  void tokenTree_parentBelow_isRefused() {
    assertThatThrownBy(
            () ->
                new TokenTree(
                    ImmutableIntArray.of(1, 2),
                    ImmutableIntArray.of(-1, 1),
                    ImmutableIntArray.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("row 1: its parent (1) must be above it");
  }
}
