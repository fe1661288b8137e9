package org.nemotron.core.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.Floats;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Longs;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.checkpoint.CheckpointWeights;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.RankThreads;
import org.nemotron.core.testing.TestModels;

/** Ranks that are threads over Gloo compute what one model computes. */
final class TensorParallelModelTest {
  /** Float32 sums of some dozen terms in another order; a wrong slice differs by some tenths. */
  private static final float TOLERANCE = 2e-5f;

  private static final int TOKENS = 9;
  private static final int PATIENCE_SECONDS = 2;

  @BeforeAll
  static void useOneCore() {
    CpuThreads.perOperation(1);
  }

  private static AttentionSpec heads(int kvHeads, AttentionTrait... traits) {
    return new AttentionSpec.GroupedQuery(6, kvHeads, 8, ImmutableSet.copyOf(traits));
  }

  /** Every kind of sub-block, no-ops first and last, sizes that no degree here divides. */
  private static ModelSpec uneven(boolean tied, AttentionTrait... traits) {
    return new ModelSpecBuilder()
        .vocabularySize(TestModels.VOCABULARY)
        .width(23)
        .heads(6, 8)
        .tied(tied)
        .blocks(
            BlockSpec.NO_OP,
            new BlockSpec(heads(1, traits), new FfnSpec.Gated(13)),
            new BlockSpec(heads(3, traits), new FfnSpec.Linear()),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(3)),
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(41)),
            new BlockSpec(heads(2, traits), new FfnSpec.NoOp()),
            new BlockSpec(heads(6, traits), new FfnSpec.Gated(7)),
            BlockSpec.NO_OP)
        .build();
  }

  private static Tensor ids(long seed) {
    return Tensors.of(TestModels.ids(2 * TOKENS, seed), 2, TOKENS);
  }

  /** Returns each rank's logits of all positions. */
  private static List<List<Float>> logits(HeterogeneousModel model, int degree, long seed)
      throws Exception {
    SlicePlan plan = new SlicePlan(model.spec(), degree);
    return RankThreads.run(
        degree,
        ranks -> {
          try (TensorParallelModel own = of(model, plan, ranks)) {
            return Floats.asList(Tensors.floats(own.logits(ids(seed))));
          }
        });
  }

  private static TensorParallelModel of(
      HeterogeneousModel model, SlicePlan plan, Communicator ranks) {
    return TensorParallelModel.of(
        plan, new SlicedWeights(plan, ranks.rank(), WeightSource.of(model)), ranks);
  }

  @ParameterizedTest
  @CsvSource({"2,true", "3,false", "4,true", "4,false", "7,false"})
  void logits_ofSeveralRanks_areThoseOfOneModel_andTheSameBitsOnAll(int degree, boolean tied)
      throws Exception {
    try (HeterogeneousModel model = TestModels.model(uneven(tied), 11)) {
      assertLogits(model, degree);
    }
  }

  @Test
  void logits_withBiasesAndHeadNorms_areThoseOfOneModel() throws Exception {
    try (HeterogeneousModel model = TestModels.model(uneven(false, AttentionTrait.values()), 12)) {
      assertLogits(model, 3);
    }
  }

  private static void assertLogits(HeterogeneousModel model, int degree) throws Exception {
    float[] expected;
    try (NativeScope scope = NativeScope.open()) {
      expected = Tensors.floats(model.logits(ids(5)));
    }
    List<List<Float>> seen = logits(model, degree, 5);
    assertThat(Floats.toArray(seen.get(0))).containsExactly(expected, within(TOLERANCE));
    assertThat(seen).containsOnly(seen.get(0));
  }

  @Test
  void logits_ofOneRank_areThoseOfTheModel() {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = TestModels.model(uneven(true), 3);
        TensorParallelModel own = of(model, new SlicePlan(model.spec(), 1), Communicator.alone())) {
      assertThat(Tensors.floats(own.logits(ids(1))))
          .containsExactly(Tensors.floats(model.logits(ids(1))), within(TOLERANCE));
    }
  }

  /**
   * Whole numbers throughout: rows of ±1, which their norm leaves as they are; gates of ±128, of
   * which SiLU makes 128 and 0; scores so far apart that softmax chooses one token; a head whose
   * rows have one element each.
   */
  private static ImmutableMap<String, Tensor> wholeNumbers(ModelSpec spec) {
    ImmutableMap.Builder<String, Tensor> weights = ImmutableMap.builder();
    SplittableRandom random = new SplittableRandom(17);
    spec.tensorShapes()
        .forEach(
            (name, shape) -> {
              float[] values = new float[Math.toIntExact(Shapes.elements(shape))];
              int columns = Math.toIntExact(shape.get(shape.size() - 1));
              for (int i = 0; i < values.length; i++) {
                if (name.endsWith("norm.weight")) {
                  values[i] = 1;
                } else if (name.contains("embed_tokens")) {
                  values[i] = random.nextBoolean() ? 1 : -1;
                } else if (name.contains("gate_proj") || name.contains("lm_head")) {
                  values[i] = i % columns == (i / columns * 7) % columns ? 128 : 0;
                } else {
                  int scale = name.contains("q_proj") || name.contains("k_proj") ? 256 : 1;
                  values[i] = scale * (random.nextInt(7) - 3);
                }
              }
              weights.put(name, Tensors.of(values, Longs.toArray(shape)));
            });
    return weights.buildOrThrow();
  }

  private static ImmutableList<BlockSpec> single() {
    AttentionSpec none = new AttentionSpec.NoOp();
    return ImmutableList.of(
        new BlockSpec(heads(1), new FfnSpec.NoOp()),
        new BlockSpec(heads(2), new FfnSpec.NoOp()),
        new BlockSpec(heads(3), new FfnSpec.NoOp()),
        new BlockSpec(heads(6), new FfnSpec.NoOp()),
        new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp()),
        new BlockSpec(none, new FfnSpec.Gated(13)),
        new BlockSpec(none, new FfnSpec.Linear()),
        BlockSpec.NO_OP);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void logits_ofWholeNumbers_areEqualToTheBit(int degree) throws Exception {
    for (BlockSpec block : single()) {
      ModelSpec spec =
          new ModelSpecBuilder()
              .vocabularySize(TestModels.VOCABULARY)
              .width(23)
              .heads(6, 8)
              .rmsNormEps(1e-12)
              .blocks(BlockSpec.NO_OP, block)
              .build();
      try (NativeScope scope = NativeScope.open();
          NamedTensors weights = NamedTensors.of(wholeNumbers(spec));
          HeterogeneousModel model = HeterogeneousModel.of(spec, weights)) {
        List<Float> expected = Floats.asList(Tensors.floats(model.logits(ids(8))));
        assertThat(logits(model, degree, 8)).as(block.id()).containsOnly(expected);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "../examples/models/tale-7m,2",
    "../examples/models/tale-deep-7m,3",
    "src/test/resources/golden/qwen3,4",
    "src/test/resources/golden/qwen2,2",
    "src/test/resources/golden/llama31-sharded,3"
  })
  void generate_fromSlicesOfAPublishedForm_givesTheTokensOfTheWholeModel(Path path, int degree)
      throws Exception {
    ImmutableIntArray prompt = ImmutableIntArray.of(3, 14, 15, 9, 2, 6);
    int newTokens = 12;
    List<ImmutableIntArray> seen =
        RankThreads.run(
            degree,
            ranks -> {
              try (CheckpointWeights slices =
                      ModelReader.slices(
                          path, DType.FLOAT32, Device.CPU, ranks.rank(), ranks.size());
                  TensorParallelModel own = TensorParallelModel.of(slices.plan(), slices, ranks);
                  TensorParallelSession session = own.newSession(1, 32)) {
                return session.generate(ImmutableList.of(prompt), newTokens).get(0);
              }
            });
    ImmutableIntArray tokens = seen.get(0);
    assertThat(seen).containsOnly(tokens);
    assertThat(tokens).isEqualTo(likeliest(path, prompt, tokens));
  }

  /** Returns what one whole model finds behind the prompt and behind each token but the last. */
  private static ImmutableIntArray likeliest(
      Path path, ImmutableIntArray prompt, ImmutableIntArray tokens) throws Exception {
    long[] all = new long[prompt.length() + tokens.length()];
    for (int i = 0; i < all.length; i++) {
      all[i] = i < prompt.length() ? prompt.get(i) : tokens.get(i - prompt.length());
    }
    ImmutableIntArray.Builder found = ImmutableIntArray.builder();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = ModelReader.read(path)) {
      Tensor logitsTV = model.logits(Tensors.of(all, 1, all.length)).select(0, 0);
      for (int made = 0; made < tokens.length(); made++) {
        found.add(
            GreedyDecoder.likeliest(
                Tensors.floats(logitsTV.select(0, prompt.length() - 1 + made))));
      }
    }
    return found.build();
  }

  @Test
  void step_ofChunks_isThatOfTheWholePrompt_andKeepsOnlyTheRanksHeads() throws Exception {
    ImmutableIntArray prompt = ImmutableIntArray.of(1, 2, 3, 4, 5, 6, 7);
    try (HeterogeneousModel model = TestModels.model(uneven(false), 4)) {
      SlicePlan plan = new SlicePlan(model.spec(), 2);
      List<List<Integer>> seen =
          RankThreads.run(
              2,
              ranks -> {
                try (TensorParallelModel own = of(model, plan, ranks);
                    TensorParallelSession chunks = own.newSession(2, 10);
                    TensorParallelSession whole = own.newSession(2, 10)) {
                  assertThat(whole.kvCacheBytes())
                      .isEqualTo(2 * plan.kvCacheBytes(ranks.rank(), 10, 4));
                  assertThat(own.weightBytes()).isEqualTo(4 * plan.parameters(ranks.rank()));
                  ImmutableIntArray first = chunks.step(two(prompt.subArray(0, 3)));
                  assertThat(first.length()).isEqualTo(2);
                  ImmutableIntArray last = chunks.step(two(prompt.subArray(3, 7)));
                  assertThat(last).isEqualTo(whole.step(two(prompt)));
                  assertThatThrownBy(() -> whole.step(two(prompt)))
                      .hasMessage("7 tokens behind 7 must not exceed the session's room (10)");
                  return last.asList();
                }
              });
      assertThat(seen.get(0)).isEqualTo(seen.get(1));
    }
  }

  private static ImmutableList<ImmutableIntArray> two(ImmutableIntArray tokens) {
    return ImmutableList.of(tokens, tokens);
  }

  @Test
  void step_withEqualLogitsOnAllRanks_choosesTheFirstToken() throws Exception {
    ModelSpec spec = uneven(false);
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = TestModels.model(spec, 4)) {
      Tensor unused = model.nonBlock().get("lm_head.weight").fill_(new Scalar(0));
      List<ImmutableIntArray> seen = firstTokens(model, 3);
      assertThat(seen).containsOnly(ImmutableIntArray.of(0));
    }
  }

  private static List<ImmutableIntArray> firstTokens(HeterogeneousModel model, int degree)
      throws Exception {
    SlicePlan plan = new SlicePlan(model.spec(), degree);
    return RankThreads.run(
        degree,
        ranks -> {
          try (TensorParallelModel own = of(model, plan, ranks);
              TensorParallelSession session = own.newSession(1, 4)) {
            return session.step(ImmutableList.of(ImmutableIntArray.of(1, 2)));
          }
        });
  }

  @Test
  void step_withANaNInOneRanksLogits_isRefusedOnAll() throws Exception {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = TestModels.model(uneven(false), 4)) {
      Tensor unused =
          model.nonBlock().get("lm_head.weight").select(0, 36).fill_(new Scalar(Float.NaN));
      assertThatThrownBy(() -> firstTokens(model, 3))
          .isInstanceOf(NonFiniteException.class)
          .hasMessageContaining("the logit of token 36 (NaN) must be finite");
    }
  }

  @Test
  void step_withARankThatStandsStill_endsWithItsName() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (HeterogeneousModel model = TestModels.model(uneven(false), 4)) {
      SlicePlan plan = new SlicePlan(model.spec(), 2);
      assertThatThrownBy(
              () ->
                  RankThreads.run(
                      2,
                      PATIENCE_SECONDS,
                      ranks -> {
                        try (TensorParallelModel own = of(model, plan, ranks);
                            TensorParallelSession session = own.newSession(1, 8)) {
                          ImmutableIntArray one =
                              session.step(ImmutableList.of(ImmutableIntArray.of(1)));
                          if (ranks.rank() == 1) {
                            ended.await();
                          }
                          return session.step(ImmutableList.of(one));
                        } finally {
                          ended.countDown();
                        }
                      }))
          .isInstanceOf(RankFailureException.class)
          .hasMessageMatching(
              "(?s)rank 1 of 2 has been at exchange of ranks, step \\d+ for \\d+ s, and rank 0"
                  + " waits for it: all-gather.*");
    }
  }

  @Test
  void step_withARankThatFails_endsWithItsNameAndReason() throws Exception {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 4)) {
      SlicePlan plan = new SlicePlan(model.spec(), 3);
      assertThatThrownBy(
              () ->
                  RankThreads.run(
                      3,
                      ranks -> {
                        try (TensorParallelModel own = of(model, plan, ranks);
                            TensorParallelSession session = own.newSession(1, 8)) {
                          ImmutableIntArray one =
                              session.step(ImmutableList.of(ImmutableIntArray.of(1)));
                          if (ranks.rank() == 2) {
                            throw new IllegalStateException("the GPU is gone");
                          }
                          return session.step(ImmutableList.of(one));
                        }
                      }))
          .isInstanceOf(RankFailureException.class)
          .hasMessageContaining("rank 2 of 3 stopped at")
          .hasMessageContaining("the GPU is gone");
    }
  }

  @Test
  void wrongInputs_areRefusedBySentence() {
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel model = TestModels.model(uneven(false), 4);
        TensorParallelModel own = of(model, new SlicePlan(model.spec(), 1), Communicator.alone());
        TensorParallelSession session = own.newSession(1, 8)) {
      assertThatThrownBy(() -> of(model, new SlicePlan(model.spec(), 2), Communicator.alone()))
          .hasMessage("1 ranks must be as many as the model is divided among (2)");
      assertThatThrownBy(() -> session.step(ImmutableList.of(ImmutableIntArray.of(37))))
          .hasMessage("token id 37 must be less than 37");
      assertThatThrownBy(() -> session.step(two(ImmutableIntArray.of(1))))
          .hasMessage("2 sequences must be as many as in the session (1)");
    }
  }
}
