package org.nemotron.core.backend.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/** Ranks on the CPU serve what one backend serves. */
final class TensorParallelBackendTest {
  /** Float32 sums of some dozen terms in another order; a wrong slice differs by some tenths. */
  private static final float TOLERANCE = 2e-5f;

  private static final int PROMPT = 150;
  private static final ImmutableIntArray PAGES = pages(4, 3, 0, 1);
  private static final ImmutableIntArray OTHER_PAGES = pages(2, 5);

  private static ImmutableIntArray pages(int... numbers) {
    return ImmutableIntArray.copyOf(numbers);
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
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(2)),
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(41)),
            new BlockSpec(heads(2, traits), new FfnSpec.NoOp()),
            new BlockSpec(heads(6, traits), new FfnSpec.Gated(7)),
            BlockSpec.NO_OP)
        .build();
  }

  /** A backend, a model on it and a session of it. */
  private record Ready(InferenceBackend device, InferenceModel model, InferenceSession session)
      implements AutoCloseable {
    static Ready of(HeterogeneousModel model, int degree) {
      InferenceBackend device = Backends.of(Device.CPU, 2, degree);
      InferenceModel ready = device.prepare(model, WeightFormat.FLOAT32, 256);
      return new Ready(device, ready, ready.newSession(6));
    }

    float[][] step(SequenceChunk... chunks) {
      StepOutput output = session.step(ForwardBatch.of(chunks));
      return IntStream.range(0, output.rows())
          .mapToObj(row -> output.logits(row).clone())
          .toArray(float[][]::new);
    }

    @Override
    public void close() {
      session.close();
      model.close();
      device.close();
    }
  }

  private static SequenceChunk chunk(ImmutableIntArray pages, long[] ids, int from, int to) {
    int[] tokens = IntStream.range(from, to).map(i -> (int) ids[i]).toArray();
    return new SequenceChunk(
        pages, from, ImmutableIntArray.copyOf(tokens), SequenceChunk.ALL_LOGITS);
  }

  private static void assertClose(float[][] rows, float[][] expected) {
    assertThat(rows).hasNumberOfRows(expected.length);
    for (int row = 0; row < rows.length; row++) {
      assertThat(rows[row]).as("row %s", row).containsExactly(expected[row], within(TOLERANCE));
    }
  }

  @ParameterizedTest
  @CsvSource({"2,true", "3,false", "4,true", "6,false"})
  void step_ofSeveralRanks_givesTheLogitsOfOne(int degree, boolean tied) {
    try (HeterogeneousModel model = TestModels.model(uneven(tied), 11)) {
      assertSteps(model, degree);
    }
  }

  @Test
  void step_withBiasesAndHeadNorms_givesTheLogitsOfOne() {
    try (HeterogeneousModel model = TestModels.model(uneven(false, AttentionTrait.values()), 12)) {
      assertSteps(model, 3);
    }
  }

  /** A prompt in pieces beside another sequence, single tokens, both in one step. */
  private static void assertSteps(HeterogeneousModel model, int degree) {
    long[] ids = TestModels.ids(PROMPT + 3, 5);
    long[] other = TestModels.ids(70, 6);
    try (Ready one = Ready.of(model, 1);
        Ready ranks = Ready.of(model, degree)) {
      SequenceChunk[][] steps = {
        {chunk(PAGES, ids, 0, 64)},
        {chunk(OTHER_PAGES, other, 0, 1), chunk(PAGES, ids, 64, PROMPT)},
        {chunk(PAGES, ids, PROMPT, PROMPT + 1), chunk(OTHER_PAGES, other, 1, 2)},
        {chunk(PAGES, ids, PROMPT + 1, PROMPT + 2)},
        {chunk(PAGES, ids, PROMPT + 2, PROMPT + 3), chunk(OTHER_PAGES, other, 0, 70)},
      };
      for (SequenceChunk[] step : steps) {
        assertClose(ranks.step(step), one.step(step));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void step_ofAPromptInPieces_givesTheBitsOfTheWholePrompt(int degree) {
    long[] ids = TestModels.ids(PROMPT, 5);
    try (HeterogeneousModel model = TestModels.model(uneven(false), 13);
        InferenceBackend device = Backends.of(Device.CPU, 2, degree);
        InferenceModel ready = device.prepare(model, WeightFormat.FLOAT16, 256);
        InferenceSession session = ready.newSession(6)) {
      Ready ranks = new Ready(device, ready, session);
      float[][] whole = ranks.step(chunk(PAGES, ids, 0, PROMPT));
      float[][] unused = ranks.step(chunk(PAGES, ids, 0, 64));
      float[][] last = ranks.step(chunk(PAGES, ids, 64, PROMPT));
      for (int row = 0; row < last.length; row++) {
        assertThat(last[row]).isEqualTo(whole[64 + row]);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "../examples/models/tale-7m,2",
    "../examples/models/tale-deep-7m,3",
    "src/test/resources/golden/qwen3,2",
    "src/test/resources/golden/qwen2,2",
    "src/test/resources/golden/llama31-sharded,3"
  })
  void generate_withPublishedForms_givesTheTokensOfOneRank(Path path, int degree) throws Exception {
    ImmutableList<ImmutableIntArray> prompts =
        ImmutableList.of(ImmutableIntArray.of(3, 14, 15, 9, 2, 6), ImmutableIntArray.of(5, 3, 5));
    try (HeterogeneousModel model = ModelReader.read(path)) {
      assertThat(generated(model, degree, prompts)).isEqualTo(generated(model, 1, prompts));
    }
  }

  private static ImmutableList<ImmutableIntArray> generated(
      HeterogeneousModel model, int degree, ImmutableList<ImmutableIntArray> prompts) {
    try (InferenceBackend device = Backends.of(Device.CPU, 2, degree);
        InferenceModel ready = device.prepare(model, device.bestFormat(), 128)) {
      return GreedyDecoder.generate(ready, prompts, 12);
    }
  }

  @Test
  void memory_ofAPage_isThatOfTheRankWithMostHeads() {
    ModelSpec spec = uneven(false);
    try (InferenceBackend one = Backends.of(Device.CPU, 1, 1);
        InferenceBackend two = Backends.of(Device.CPU, 1, 2)) {
      long perHead = 2L * 8 * 4 * 64;
      assertThat(one.bytesPerPage(spec, KvFormat.USUAL)).isEqualTo((1 + 3 + 2 + 6) * perHead);
      assertThat(two.bytesPerPage(spec, KvFormat.USUAL)).isEqualTo((1 + 2 + 1 + 3) * perHead);
    }
  }

  @Test
  void layerNanos_ofSeveralRanks_hasATimeForEachLayer() {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 11);
        Ready ranks = Ready.of(model, 2)) {
      long[] ids = TestModels.ids(4, 5);
      assertThat(ranks.session().layerNanos(ForwardBatch.of(chunk(PAGES, ids, 0, 4))).length())
          .isEqualTo(8);
    }
  }

  @Test
  void wrongInputs_areRefused_andTheNextStepIsServed() {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 11);
        Ready ranks = Ready.of(model, 2)) {
      long[] ids = TestModels.ids(4, 5);
      ForwardBatch good = ForwardBatch.of(chunk(PAGES, ids, 0, 4));
      StepOutput first = ranks.session().step(good);
      assertThatThrownBy(
              () -> ranks.session().step(ForwardBatch.of(chunk(PAGES, new long[] {37}, 0, 1))))
          .hasMessage("token id 37 is not within 0..36");
      assertThatThrownBy(() -> first.logits(4)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> ranks.device().prepare(model, WeightFormat.FLOAT32, 0))
          .hasMessage("maxRows (0) must be positive");
      StepOutput second = ranks.session().step(good);
      assertThatThrownBy(() -> first.logits(0))
          .hasMessage("the logits of a step are lent until the next one");
      assertThat(second.logits(3)).hasSize(37);
    }
  }

  @Test
  void tooManyRanks_areRefusedByName() {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 11);
        InferenceBackend device = Backends.of(Device.CPU, 1, 7)) {
      assertThatThrownBy(() -> device.prepare(model, WeightFormat.FLOAT32, 8))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("degree (7) must not exceed the query heads (6)");
    }
    assertThatThrownBy(() -> Backends.of(Device.CPU, 1, 0))
        .hasMessage("the degree of tensor parallelism (0) must be positive");
  }

  @Test
  void prepare_headInAnotherFormat_isRefusedByName() {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 11);
        InferenceBackend device = Backends.of(Device.CPU, 2, 2)) {
      ModelFormat format = new ModelFormat(WeightFormat.FLOAT32, WeightFormat.FLOAT16);
      assertThatThrownBy(() -> device.prepare(model, format, 8))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the head (FLOAT16) must be held as the layers (FLOAT32) on the CPU");
    }
  }

  /** What a sequence is given does not depend on others, nor on what is read again. */
  @Test
  void step_tokensReadAgainTogether_givesTheBitsOfOneAfterAnother() {
    long[] ids = TestModels.ids(6, 5);
    try (HeterogeneousModel model = TestModels.model(uneven(false), 13);
        InferenceBackend device = Backends.of(Device.CPU, 2, 3);
        InferenceModel ready = device.prepare(model, WeightFormat.FLOAT16, 256);
        InferenceSession session = ready.newSession(6)) {
      assertThat(ready.isBatchInvariant()).isTrue();
      Ready ranks = new Ready(device, ready, session);
      float[][] apart = new float[ids.length][];
      for (int i = 0; i < ids.length; i++) {
        apart[i] = ranks.step(chunk(PAGES, ids, i, i + 1))[0];
      }
      SequenceChunk[] again =
          IntStream.range(0, ids.length)
              .mapToObj(i -> chunk(OTHER_PAGES, ids, i, i + 1))
              .toArray(SequenceChunk[]::new);
      assertThat(ranks.step(again)).isDeepEqualTo(apart);
    }
  }

  /** Whoever closes in the wrong order is told so, and does not wait for threads that are gone. */
  @Test
  void close_ofAModelBehindItsDevice_isRefusedByName() {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 11);
        InferenceBackend device = Backends.of(Device.CPU, 2, 2)) {
      InferenceModel ready = device.prepare(model, WeightFormat.FLOAT32, 8);
      device.close();
      assertThatThrownBy(ready::close)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the threads of the ranks have ended: models close before their device");
      ready.close();
    }
  }

  @Test
  void use_afterClose_isRefused_andClosingTwiceIsHarmless() {
    try (HeterogeneousModel model = TestModels.model(uneven(false), 11)) {
      Ready ranks = Ready.of(model, 2);
      ranks.session().close();
      ForwardBatch batch = ForwardBatch.of(chunk(PAGES, TestModels.ids(1, 1), 0, 1));
      assertThatThrownBy(() -> ranks.session().step(batch)).hasMessage("this session is closed");
      ranks.close();
      ranks.close();
      assertThatThrownBy(() -> ranks.model().newSession(1)).hasMessage("this model is closed");
      assertThatThrownBy(() -> ranks.device().prepare(model, WeightFormat.FLOAT32, 8))
          .hasMessage("this device is closed");
    }
  }
}
