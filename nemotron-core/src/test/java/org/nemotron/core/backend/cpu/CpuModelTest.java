package org.nemotron.core.backend.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.ImmutableLongArray;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

final class CpuModelTest {
  /**
   * Float32 sums in another order through a few layers, as for the model itself. The same for both
   * formats: the weights of these models are exact in half precision.
   */
  private static final double TOLERANCE = 1e-4;

  /** Two full pages, and a third that is begun. */
  private static final int TOKENS = 2 * KvPages.PAGE_TOKENS + 13;

  private static final FfnSpec ODD = new FfnSpec.Gated(13);

  private static AttentionSpec grouped(int kvHeads, AttentionTrait... traits) {
    return new AttentionSpec.GroupedQuery(
        TestModels.QUERY_HEADS, kvHeads, TestModels.HEAD_DIM, ImmutableSet.copyOf(traits));
  }

  private static ModelSpec withTraits(AttentionTrait... traits) {
    return TestModels.spec(
        new BlockSpec(grouped(2, traits), ODD),
        new BlockSpec(new AttentionSpec.Linear(), TestModels.WIDE),
        new BlockSpec(grouped(4, traits), ODD));
  }

  static Stream<Arguments> specsAndFormats() {
    BlockSpec block = new BlockSpec(TestModels.grouped(2), ODD);
    return Stream.of(
            TestModels.mixed(),
            TestModels.spec(
                new BlockSpec(TestModels.grouped(1), ODD),
                new BlockSpec(TestModels.grouped(2), TestModels.WIDE),
                new BlockSpec(TestModels.grouped(4), ODD)),
            TestModels.spec(new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp())),
            TestModels.spec(BlockSpec.NO_OP),
            TestModels.spec(new RopeSpec.Llama3(500_000, 8, 1, 4, 64), true, block, block),
            TestModels.spec(new RopeSpec.PositionInterpolation(10_000, 4), false, block),
            withTraits(AttentionTrait.INPUT_BIASES),
            withTraits(AttentionTrait.HEAD_NORMS),
            withTraits(AttentionTrait.values()))
        .flatMap(
            spec ->
                Stream.of(WeightFormat.FLOAT32, WeightFormat.FLOAT16)
                    .map(format -> Arguments.of(spec, format)));
  }

  /** Returns a model whose weights are exact in half precision. */
  static HeterogeneousModel halved(ModelSpec spec, long seed) {
    try (HeterogeneousModel model = TestModels.model(spec, seed);
        HeterogeneousModel half = model.copy(DType.FLOAT16)) {
      return half.copy(DType.FLOAT32);
    }
  }

  private static float[] expected(HeterogeneousModel model, long[] ids) {
    try (NativeScope scope = NativeScope.open()) {
      return Tensors.floats(model.logits(Tensors.of(ids, 1, ids.length)));
    }
  }

  private static void assertClose(float[][] actual, float[] expected) {
    int width = actual[0].length;
    assertThat(expected).hasSize(actual.length * width);
    for (int index = 0; index < expected.length; index++) {
      assertThat(actual[index / width][index % width])
          .as("row %s", index / width)
          .isCloseTo(expected[index], within((float) TOLERANCE));
    }
  }

  @ParameterizedTest
  @MethodSource("specsAndFormats")
  void step_promptThenTokens_givesTheLogitsOfTheModel(ModelSpec spec, WeightFormat format) {
    long[] ids = TestModels.ids(TOKENS, 1);
    try (HeterogeneousModel model = halved(spec, 2);
        ServedModel served = new ServedModel(model, format, 2, 3)) {
      float[][] logits =
          served.read(ServedModel.pages(0, 3), ids, 64, TOKENS - 2, TOKENS - 1, TOKENS);
      assertClose(logits, expected(model, ids));
    }
  }

  @ParameterizedTest
  @MethodSource("specsAndFormats")
  void step_tokenByToken_givesTheLogitsOfTheModel(ModelSpec spec, WeightFormat format) {
    long[] ids = TestModels.ids(70, 1);
    try (HeterogeneousModel model = halved(spec, 2);
        ServedModel served = new ServedModel(model, format, 3, 2)) {
      float[][] logits =
          served.read(ServedModel.pages(0, 2), ids, IntStream.rangeClosed(1, 70).toArray());
      assertClose(logits, expected(model, ids));
    }
  }

  @Test
  void step_modelClosedBefore_computesTheSame() {
    long[] ids = TestModels.ids(20, 1);
    HeterogeneousModel model = halved(TestModels.mixed(), 2);
    float[] expected = expected(model, ids);
    try (ServedModel served = new ServedModel(model, WeightFormat.FLOAT32, 2, 1)) {
      model.close();
      assertClose(served.read(ServedModel.pages(0, 1), ids, 20), expected);
    }
  }

  @Test
  void step_differentWishes_readsOnlyTheRowsWanted() {
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 2);
        ServedModel served = new ServedModel(model, Backends.bestFormat(Device.CPU), 2, 3)) {
      long[] ids = TestModels.ids(9, 1);
      SequenceChunk all = ServedModel.chunk(ServedModel.pages(0, 1), ids, 0, 9);
      SequenceChunk none =
          new SequenceChunk(ServedModel.pages(1, 2), 0, all.tokens(), SequenceChunk.NOTHING);
      SequenceChunk last =
          new SequenceChunk(ServedModel.pages(2, 3), 0, all.tokens(), SequenceChunk.LAST_LOGITS);
      float[][] rows = served.step(none, last, all);
      assertThat(rows).hasDimensions(10, TestModels.VOCABULARY);
      assertThat(rows[0]).isEqualTo(rows[9]);
    }
  }

  @Test
  void layerNanos_anyStep_timesEachLayerAndWritesWhatAStepWrites() {
    long[] ids = TestModels.ids(20, 1);
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 2);
        ServedModel served = new ServedModel(model, Backends.bestFormat(Device.CPU), 2, 2)) {
      float[][] expected = served.read(ServedModel.pages(0, 1), ids, 19, 20);
      SequenceChunk prompt = ServedModel.chunk(ServedModel.pages(1, 2), ids, 0, 19);
      ImmutableLongArray nanos = served.session().layerNanos(ForwardBatch.of(prompt));
      assertThat(nanos.length()).isEqualTo(6);
      nanos.forEach(taken -> assertThat(taken).isNotNegative());
      assertThat(nanos.get(0)).isPositive();
      assertThat(served.step(ServedModel.chunk(ServedModel.pages(1, 2), ids, 19, 20))[0])
          .isEqualTo(expected[19]);
    }
  }

  @Test
  void weightBytes_tiedHead_countsTableAndPackedHead() {
    BlockSpec block = new BlockSpec(TestModels.grouped(2), TestModels.WIDE);
    ModelSpec tied = TestModels.spec(new RopeSpec.Plain(10_000), true, block);
    try (HeterogeneousModel model = TestModels.model(tied, 1);
        ServedModel served = new ServedModel(model, WeightFormat.FLOAT16, 2, 1)) {
      long attention = (4 + 2 + 2 + 4) * (long) TestModels.HEAD_DIM * TestModels.WIDTH;
      long ffn = 3L * 40 * TestModels.WIDTH;
      long table = (long) TestModels.VOCABULARY * TestModels.WIDTH;
      assertThat(served.model().weightBytes()).isEqualTo(2 * (attention + ffn + table) + 4 * table);
    }
  }

  /** What must not reach native code. */
  private static void assertRefused(Class<?> type, String message, SequenceChunk... chunks) {
    ModelSpec spec = TestModels.spec(new BlockSpec(TestModels.grouped(2), ODD));
    try (HeterogeneousModel model = TestModels.model(spec, 1);
        InferenceBackend backend = new CpuBackend(2);
        InferenceModel ready = backend.prepare(model, backend.bestFormat(), 100);
        InferenceSession session = ready.newSession(65)) {
      assertThatThrownBy(() -> session.step(ForwardBatch.of(chunks)))
          .isInstanceOf(type)
          .hasMessage(message);
    }
  }

  @Test
  void step_moreRowsThanRoom_isRefused() {
    assertRefused(
        IllegalArgumentException.class,
        "a step of 101 tokens must have at most 100",
        ServedModel.chunk(ServedModel.pages(0, 2), TestModels.ids(101, 1), 0, 101));
  }

  @Test
  void step_noSpan_isRefused() {
    assertRefused(IllegalArgumentException.class, "a step must have a chunk");
  }

  @Test
  void step_idOutsideTheVocabulary_isRefused() {
    assertRefused(
        IllegalArgumentException.class,
        "token id 37 is not within 0..36",
        ServedModel.chunk(ServedModel.pages(0, 1), new long[] {0, 37}, 0, 2));
    assertRefused(
        IllegalArgumentException.class,
        "token id -1 is not within 0..36",
        ServedModel.chunk(ServedModel.pages(0, 1), new long[] {-1}, 0, 1));
  }

  @Test
  void step_positionBeyondTheContext_isRefused() {
    assertRefused(
        IllegalArgumentException.class,
        "a context of 4097 tokens must not exceed max_position_embeddings (4096)",
        new SequenceChunk(
            ServedModel.pages(0, 65), 4096, ImmutableIntArray.of(1), SequenceChunk.LAST_LOGITS));
  }

  @Test
  void step_pageOutsideTheMemory_isRefusedAlsoWhereItIsOnlyRead() {
    SequenceChunk written =
        new SequenceChunk(
            ImmutableIntArray.of(0, 65), 64, ImmutableIntArray.of(1), SequenceChunk.LAST_LOGITS);
    assertRefused(IllegalArgumentException.class, "page 65 is not within 0..64", written);
    SequenceChunk read =
        new SequenceChunk(
            ImmutableIntArray.of(-1, 1), 64, ImmutableIntArray.of(1), SequenceChunk.LAST_LOGITS);
    assertRefused(IllegalArgumentException.class, "page -1 is not within 0..64", read);
  }

  @Test
  void step_closedModelOrSession_isRefused() {
    SequenceChunk chunk = ServedModel.chunk(ServedModel.pages(0, 1), TestModels.ids(2, 1), 0, 2);
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 1);
        ServedModel served = new ServedModel(model, Backends.bestFormat(Device.CPU), 2, 1)) {
      served.session().close();
      assertThatThrownBy(() -> served.step(chunk))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("this session is closed");
      served.model().close();
      assertThatCode(served.model()::close).doesNotThrowAnyException();
      assertThatThrownBy(() -> served.step(chunk))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("this model is closed");
    }
  }

  @Test
  void step_twoSessionsInTurns_keepTheirOwnKeysAndValues() {
    long[] ids = TestModels.ids(20, 1);
    long[] others = TestModels.ids(20, 2);
    ImmutableIntArray pages = ServedModel.pages(0, 1);
    try (HeterogeneousModel model = halved(TestModels.mixed(), 1);
        ServedModel served = new ServedModel(model, Backends.bestFormat(Device.CPU), 2, 1);
        InferenceSession second = served.model().newSession(1)) {
      float[][] begun = served.step(ServedModel.chunk(pages, ids, 0, 19));
      StepOutput other = second.step(ForwardBatch.of(ServedModel.chunk(pages, others, 0, 20)));
      float[][] ended = served.step(ServedModel.chunk(pages, ids, 19, 20));
      float[] expected = expected(model, ids);
      assertClose(concat(begun, ended), expected);
      assertClose(ServedModel.rows(other), expected(model, others));
    }
  }

  private static float[][] concat(float[][] first, float[][] second) {
    return Stream.of(first, second).flatMap(Stream::of).toArray(float[][]::new);
  }

  @Test
  void logits_rowsInAnyOrder_areTheSame() {
    long[] ids = TestModels.ids(150, 1);
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 1);
        ServedModel served = new ServedModel(model, Backends.bestFormat(Device.CPU), 2, 3)) {
      StepOutput output =
          served
              .session()
              .step(ForwardBatch.of(ServedModel.chunk(ServedModel.pages(0, 3), ids, 0, 150)));
      float[][] rows = ServedModel.rows(output);
      for (int row : new int[] {149, 3, 64, 63, 128, 0}) {
        assertThat(output.logits(row)).isEqualTo(rows[row]);
      }
    }
  }

  @Test
  void logits_afterTheNextStep_areRefused() {
    ForwardBatch batch =
        ForwardBatch.of(ServedModel.chunk(ServedModel.pages(0, 1), TestModels.ids(2, 1), 0, 2));
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 1);
        ServedModel served = new ServedModel(model, Backends.bestFormat(Device.CPU), 1, 1)) {
      StepOutput first = served.session().step(batch);
      StepOutput second = served.session().step(batch);
      assertThatThrownBy(() -> first.logits(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the logits of a step are lent until the next one");
      assertThat(second.logits(0)).hasSize(TestModels.VOCABULARY);
      assertThatThrownBy(() -> second.logits(2))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessage("row (2) must be less than size (2)");
      served.session().close();
      assertThatThrownBy(() -> second.logits(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("this session is closed");
    }
  }

  @Test
  void step_tokenWanted_givesTheLogitsSinceTheCpuDoesNotSample() {
    long[] ids = TestModels.ids(5, 1);
    try (HeterogeneousModel model = halved(TestModels.mixed(), 1);
        ServedModel served = new ServedModel(model, WeightFormat.FLOAT32, 2, 1)) {
      SequenceChunk all = ServedModel.chunk(ServedModel.pages(0, 1), ids, 0, 5);
      float[][] rows = served.step(all);
      StepOutput output =
          served
              .session()
              .step(
                  ForwardBatch.of(
                      new SequenceChunk(
                          all.pages(), 0, all.tokens(), SequenceChunk.LIKELIEST_TOKEN)));
      assertThat(served.model().samplesTokens()).isFalse();
      assertThat(output.isSampled(0)).isFalse();
      assertThat(output.logits(0)).isEqualTo(rows[4]);
      assertThat(GreedyDecoder.likeliest(output, 0)).isEqualTo(GreedyDecoder.likeliest(rows[4]));
      assertThatThrownBy(() -> output.token(0))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("row 0: no token was sampled");
    }
  }

  @Test
  void new_noRows_isRefused() {
    try (HeterogeneousModel model = TestModels.model(TestModels.mixed(), 1);
        InferenceBackend backend = new CpuBackend(1)) {
      assertThatThrownBy(() -> backend.prepare(model, WeightFormat.FLOAT32, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("maxRows (0) must be positive");
    }
  }
}
