package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.SequenceChunk.Output;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.TokenSampling;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/** What a GPU computes against float32 on the CPU, with weights that are exact in bfloat16. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuModelTest {
  /** Activations have 8 bits: each rounding is off by 2e-3, and a few of them add up. */
  static final double TOLERANCE = 2e-2;

  /** Weights and activations of 4 bits: each is off by up to 6 %, independent of the others. */
  static final double EIGHT_BITS_TOLERANCE = 1.5e-1;

  private static final int VOCABULARY = 300;
  static final int TOKENS = 2 * KvPages.PAGE_TOKENS + 13;
  private static final Device GPU = new Device("cuda", 0);

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static BlockSpec block(int queryHeads, int kvHeads, int headDim, AttentionTrait... has) {
    return new BlockSpec(
        new AttentionSpec.GroupedQuery(queryHeads, kvHeads, headDim, ImmutableSet.copyOf(has)),
        new FfnSpec.Gated(72));
  }

  private static ModelSpec spec(int queryHeads, int headDim, BlockSpec... blocks) {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(64)
        .heads(queryHeads, headDim)
        .rope(new RopeSpec.Llama3(500_000, 8, 1, 4, 64))
        .maxPositions(1024)
        .tied(blocks.length % 2 == 0)
        .blocks(blocks)
        .build();
  }

  static Stream<ModelSpec> specs() {
    return Stream.of(
        spec(8, 64, block(8, 4, 64), block(8, 1, 64), block(8, 8, 64)),
        spec(8, 128, block(8, 2, 128), block(8, 1, 128)),
        spec(
            6,
            32,
            block(6, 2, 32, AttentionTrait.INPUT_BIASES),
            block(6, 1, 32, AttentionTrait.INPUT_BIASES)),
        spec(4, 96, block(4, 2, 96, AttentionTrait.HEAD_NORMS), BlockSpec.NO_OP),
        spec(
            4,
            256,
            block(4, 4, 256, AttentionTrait.values()),
            block(4, 1, 256, AttentionTrait.values())),
        spec(32, 16, block(32, 2, 16), block(32, 1, 16)),
        spec(
            4,
            64,
            new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(13)),
            new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp()),
            new BlockSpec(block(4, 2, 64).attention(), new FfnSpec.Linear()),
            block(4, 1, 64)));
  }

  /** Returns a model that a GPU serves, which the caller closes. */
  static HeterogeneousModel firstModel() {
    return model(specs().findFirst().orElseThrow());
  }

  static HeterogeneousModel model(ModelSpec spec) {
    try (HeterogeneousModel random = TestModels.model(spec, 3);
        HeterogeneousModel rounded = random.copy(DType.BFLOAT16)) {
      return rounded.copy(DType.FLOAT32);
    }
  }

  /** A device, a model on it and a session of it. */
  record Ready(InferenceBackend device, InferenceModel model, InferenceSession session)
      implements AutoCloseable {
    static Ready on(Device where, HeterogeneousModel model, int pages) {
      return on(
          where, where.equals(GPU) ? WeightFormat.BFLOAT16 : WeightFormat.FLOAT32, model, pages);
    }

    static Ready on(Device where, WeightFormat format, HeterogeneousModel model, int pages) {
      return on(where, 1, format, model, pages);
    }

    /** On {@code degree} GPUs from {@code where} on. */
    static Ready on(
        Device where, int degree, WeightFormat format, HeterogeneousModel model, int pages) {
      InferenceBackend device = Backends.of(where, CpuThreads.available(), degree);
      InferenceModel ready = device.prepare(model, format, 1024);
      return new Ready(device, ready, ready.newSession(pages));
    }

    @CanIgnoreReturnValue
    float[][] step(SequenceChunk... chunks) {
      return ServedModel.rows(session.step(ForwardBatch.of(chunks)));
    }

    @Override
    public void close() {
      session.close();
      model.close();
      device.close();
    }
  }

  static long[] ids(int seed) {
    return new SplittableRandom(seed).longs(TOKENS, 0, VOCABULARY).toArray();
  }

  /** The logits of all tokens of a text, on the CPU. */
  static float[][] expected(HeterogeneousModel model, long[] ids) {
    try (Ready cpu = Ready.on(Device.CPU, model, 8)) {
      return cpu.step(ServedModel.chunk(ServedModel.pages(0, 8), ids, 0, ids.length));
    }
  }

  private static void assertClose(float[][] actual, float[][] expected) {
    assertThat(difference(actual, expected)).isLessThan(TOLERANCE);
  }

  static double difference(float[][] actual, float[][] expected) {
    assertThat(actual.length).isEqualTo(expected.length);
    double error = 0;
    double size = 0;
    for (int row = 0; row < expected.length; row++) {
      for (int i = 0; i < expected[row].length; i++) {
        error += Math.pow((double) actual[row][i] - expected[row][i], 2);
        size += Math.pow(expected[row][i], 2);
      }
    }
    return Math.sqrt(error / size);
  }

  @ParameterizedTest
  @MethodSource("specs")
  void step_wholePrompt_givesTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 8)) {
      long[] ids = ids(1);
      float[][] actual = gpu.step(ServedModel.chunk(ServedModel.pages(2, 8), ids, 0, TOKENS));
      assertClose(actual, expected(model, ids));
    }
  }

  /** More tokens than a step computes as single ones. */
  @ParameterizedTest
  @MethodSource("specs")
  void step_severalWholePrompts_givesTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 12)) {
      int sequences = 1 + 256 / TOKENS;
      SequenceChunk[] chunks =
          IntStream.range(0, sequences)
              .mapToObj(
                  i ->
                      ServedModel.chunk(
                          ImmutableIntArray.of(i, sequences + i, 2 * sequences + i),
                          ids(i),
                          0,
                          TOKENS))
              .toArray(SequenceChunk[]::new);
      float[][] actual = gpu.step(chunks);
      for (int i = 0; i < sequences; i++) {
        assertClose(
            Arrays.copyOfRange(actual, i * TOKENS, (i + 1) * TOKENS), expected(model, ids(i)));
      }
    }
  }

  /** What a session was warmed up with leaves nothing behind. */
  @Test
  void warmUp_thenAStep_givesTheLogitsOfTheCpu() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 8)) {
      gpu.session().warmUp(16, 512);
      long[] ids = ids(1);
      float[][] actual = gpu.step(ServedModel.chunk(ServedModel.pages(2, 8), ids, 0, TOKENS));
      assertClose(actual, expected(model, ids));
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void step_promptInPieces_givesTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 8)) {
      long[] ids = ids(2);
      ImmutableIntArray pages = ImmutableIntArray.of(5, 1, 6);
      float[][] actual = new float[TOKENS][];
      int[] ends = {0, KvPages.PAGE_TOKENS, 2 * KvPages.PAGE_TOKENS, TOKENS};
      for (int piece = 1; piece < ends.length; piece++) {
        float[][] rows = gpu.step(ServedModel.chunk(pages, ids, ends[piece - 1], ends[piece]));
        System.arraycopy(rows, 0, actual, ends[piece - 1], rows.length);
      }
      assertClose(actual, expected(model, ids));
    }
  }

  /** Sequences of different lengths, each of which then gets its last tokens one by one. */
  @ParameterizedTest
  @MethodSource("specs")
  void step_singleTokensOfMany_givesTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec)) {
      for (int sequences : new int[] {1, 2, 3, 4, 7, 17}) {
        try (Ready gpu = Ready.on(GPU, model, 3 * sequences)) {
          decodeAndCompare(model, gpu, sequences);
        }
      }
    }
  }

  /** Prompts and single tokens, few and many, are computed apart: each is held to the CPU. */
  @ParameterizedTest
  @MethodSource("specs")
  void step_eightBitWeights_staysNearTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec)) {
      for (int sequences : new int[] {1, 4, 9}) {
        try (Ready gpu = Ready.on(GPU, WeightFormat.FLOAT8_E4M3, model, 3 * sequences)) {
          assertThat(differenceAfterDecode(model, gpu, sequences))
              .isBetween(1e-3, EIGHT_BITS_TOLERANCE);
        }
      }
    }
  }

  private static void decodeAndCompare(HeterogeneousModel model, Ready gpu, int sequences) {
    assertThat(differenceAfterDecode(model, gpu, sequences)).isLessThan(TOLERANCE);
  }

  static double differenceAfterDecode(HeterogeneousModel model, Ready gpu, int sequences) {
    int[] starts = IntStream.range(0, sequences).map(i -> 2 + 37 * i % (TOKENS - 8)).toArray();
    List<ImmutableIntArray> pages = new ArrayList<>();
    for (int i = 0; i < sequences; i++) {
      pages.add(ImmutableIntArray.of(i, sequences + i, 3 * sequences - 1 - i));
      gpu.step(ServedModel.chunk(pages.get(i), ids(i), 0, starts[i]));
    }
    float[][] actual = new float[4 * sequences][];
    for (int more = 0; more < 4; more++) {
      int add = more;
      SequenceChunk[] chunks =
          IntStream.range(0, sequences)
              .mapToObj(
                  i ->
                      ServedModel.chunk(pages.get(i), ids(i), starts[i] + add, starts[i] + add + 1))
              .toArray(SequenceChunk[]::new);
      System.arraycopy(gpu.step(chunks), 0, actual, more * sequences, sequences);
    }
    float[][] wanted = new float[4 * sequences][];
    for (int i = 0; i < sequences; i++) {
      float[][] all = expected(model, ids(i));
      for (int more = 0; more < 4; more++) {
        wanted[more * sequences + i] = all[starts[i] + more];
      }
    }
    return difference(actual, wanted);
  }

  @Test
  void step_piecesAndSingleTokensTogether_keepsTheirOrder() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 9)) {
      gpu.step(ServedModel.chunk(ServedModel.pages(0, 3), ids(1), 0, 20));
      float[][] actual =
          gpu.step(
              ServedModel.chunk(ServedModel.pages(3, 6), ids(2), 0, 30),
              ServedModel.chunk(ServedModel.pages(0, 3), ids(1), 20, 21),
              ServedModel.chunk(ServedModel.pages(6, 9), ids(3), 0, 10));
      float[][] wanted = new float[41][];
      System.arraycopy(expected(model, ids(2)), 0, wanted, 0, 30);
      wanted[30] = expected(model, ids(1))[20];
      System.arraycopy(expected(model, ids(3)), 0, wanted, 31, 10);
      assertClose(actual, wanted);
    }
  }

  private static SequenceChunk next(Output output) {
    return new SequenceChunk(ServedModel.pages(0, 3), 20, ImmutableIntArray.of(7), output);
  }

  @Test
  void step_choices_followTheLogits() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 3)) {
      gpu.step(ServedModel.chunk(ServedModel.pages(0, 3), ids(1), 0, 20));
      float[] logits = gpu.step(next(SequenceChunk.LAST_LOGITS))[0];
      SplittableRandom random = new SplittableRandom(5);
      for (int trial = 0; trial < 300; trial++) {
        TokenSampling choice =
            new TokenSampling(
                trial % 3 == 0 ? 1 : 0.3 + random.nextDouble(),
                trial % 2 == 0 ? 0 : 1 + random.nextInt(VOCABULARY),
                trial % 5 < 2 ? 1 : 0.05 + 0.95 * random.nextDouble(),
                trial % 7 < 4 ? 0 : 0.3 * random.nextDouble(),
                random.nextDouble());
        StepOutput output = gpu.session().step(ForwardBatch.of(next(new Output.NextToken(choice))));
        assertThat(PlainSampling.tokens(logits, choice)).as("%s", choice).contains(output.token(0));
      }
      StepOutput greedy = gpu.session().step(ForwardBatch.of(next(SequenceChunk.LIKELIEST_TOKEN)));
      assertThat(greedy.token(0)).isEqualTo(GreedyDecoder.likeliest(logits));
    }
  }

  /** More wanted rows of prompts than are computed together, beside a single token's. */
  @Test
  void step_tokensAndLogitsOfPromptsAndSingles_areEachWhatIsWanted() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 20)) {
      gpu.step(ServedModel.chunk(ServedModel.pages(0, 3), ids(1), 0, 20));
      SequenceChunk first = ServedModel.chunk(ServedModel.pages(3, 6), ids(2), 0, TOKENS);
      SequenceChunk second = ServedModel.chunk(ServedModel.pages(6, 9), ids(3), 0, TOKENS);
      SequenceChunk third = ServedModel.chunk(ServedModel.pages(9, 12), ids(4), 0, 30);
      float[][] plain = gpu.step(first, second, next(SequenceChunk.LAST_LOGITS), third);
      StepOutput mixed =
          gpu.session()
              .step(
                  ForwardBatch.of(
                      first,
                      second,
                      next(SequenceChunk.LIKELIEST_TOKEN),
                      new SequenceChunk(
                          third.pages(), 0, third.tokens(), SequenceChunk.LIKELIEST_TOKEN)));
      assertThat(mixed.rows()).isEqualTo(2 * TOKENS + 2);
      assertThat(mixed.token(2 * TOKENS)).isEqualTo(GreedyDecoder.likeliest(plain[2 * TOKENS]));
      assertThat(mixed.token(2 * TOKENS + 1))
          .isEqualTo(GreedyDecoder.likeliest(plain[plain.length - 1]));
      for (int row : new int[] {0, 2 * TOKENS - 1, 255, 256, TOKENS}) {
        assertThat(mixed.isSampled(row)).isFalse();
        assertClose(new float[][] {mixed.logits(row)}, new float[][] {plain[row]});
      }
      assertClose(new float[][] {mixed.logits(2 * TOKENS)}, new float[][] {plain[2 * TOKENS]});
    }
  }

  @Test
  void step_aThousandTimes_leavesTheGpusMemoryAsItWas() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 9)) {
      mixedSteps(gpu, 50);
      long before = Gpu.of(GPU).freeBytes();
      mixedSteps(gpu, 1000);
      assertThat(Gpu.of(GPU).freeBytes()).isEqualTo(before);
    }
  }

  private static void mixedSteps(Ready gpu, int steps) {
    for (int step = 0; step < steps; step++) {
      int start = step % 40;
      float[][] rows =
          gpu.step(
              ServedModel.chunk(ServedModel.pages(0, 3), ids(1), start, start + 1),
              ServedModel.chunk(ServedModel.pages(3, 6), ids(2), 0, 10 + step % 7));
      assertThat(rows).hasDimensions(11 + step % 7, VOCABULARY);
    }
  }

  @Test
  void layerNanos_layersThatDiffer_timesEach() {
    ModelSpec spec =
        spec(8, 64, block(8, 4, 64), BlockSpec.NO_OP, block(8, 1, 64), BlockSpec.NO_OP);
    try (HeterogeneousModel model = model(spec);
        Ready gpu = Ready.on(GPU, model, 3)) {
      SequenceChunk piece = ServedModel.chunk(ServedModel.pages(0, 3), ids(1), 0, 20);
      SequenceChunk single = ServedModel.chunk(ServedModel.pages(0, 3), ids(1), 20, 21);
      for (SequenceChunk chunk : ImmutableList.of(piece, single, single)) {
        var nanos = gpu.session().layerNanos(ForwardBatch.of(chunk));
        assertThat(nanos.length()).isEqualTo(4);
        assertThat(nanos.get(0)).isGreaterThan(nanos.get(1));
        assertThat(nanos.get(2)).isGreaterThan(nanos.get(3));
      }
    }
  }
}
