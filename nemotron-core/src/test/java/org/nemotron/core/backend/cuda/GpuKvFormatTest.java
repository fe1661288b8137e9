package org.nemotron.core.backend.cuda;

import static com.google.common.base.Verify.verifyNotNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/**
 * A KV cache of 8-bit floats: each kernel that reads it against the others, and all of them against
 * the CPU.
 */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuKvFormatTest {
  /**
   * Two ways to the same logits, from the same 8-bit keys and values: those of bfloat16, plus keys
   * that fell on the other side of a rounding.
   */
  private static final double SAME_CACHE_TOLERANCE = 4e-2;

  /** Keys and values are off by up to 6 %, independent of each other, and a sum averages them. */
  private static final double TOLERANCE = 8e-2;

  /** How far an e4m3 may be from what it was rounded from, of itself: half of its last place. */
  private static final double HALF_PLACE = 0x1p-4;

  /** Products of a layer: queries, keys, values, output, gate, up and down. */
  private static final int PRODUCTS = 7;

  private static final int VOCABULARY = 300;
  private static final int TOKENS = 2 * KvPages.PAGE_TOKENS + 13;
  private static final int CONTINUED = 4;
  private static final Device GPU = new Device("cuda", 0);

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static ModelSpec spec(int queryHeads, int headDim, int... kvHeads) {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(64)
        .heads(queryHeads, headDim)
        .rope(new RopeSpec.Llama3(500_000, 8, 1, 4, 64))
        .maxPositions(1024)
        .tied(false)
        .blocks(
            Arrays.stream(kvHeads)
                .mapToObj(
                    heads ->
                        new BlockSpec(
                            new AttentionSpec.GroupedQuery(queryHeads, heads, headDim),
                            new FfnSpec.Gated(72)))
                .toArray(BlockSpec[]::new))
        .build();
  }

  /** Blocks of attention that serve 1 to 16 query heads, on tensor cores (128) and without. */
  static Stream<ModelSpec> specs() {
    return Stream.of(
        spec(8, 128, 2, 1),
        spec(32, 128, 2, 1),
        spec(4, 128, 4, 2),
        spec(12, 128, 1),
        spec(8, 64, 4, 1),
        spec(4, 96, 2));
  }

  private static HeterogeneousModel model(ModelSpec spec) {
    try (HeterogeneousModel random = TestModels.model(spec, 3);
        HeterogeneousModel rounded = random.copy(DType.BFLOAT16)) {
      return rounded.copy(DType.FLOAT32);
    }
  }

  /** A model on the GPU, and a session whose pages are 8-bit floats. */
  private record Ready(InferenceBackend device, InferenceModel model, InferenceSession session)
      implements AutoCloseable {
    static Ready of(HeterogeneousModel model, WeightFormat weights, int pages) {
      InferenceBackend device = Backends.of(GPU);
      InferenceModel ready = device.prepare(model, weights, 1024);
      return new Ready(device, ready, ready.newSession(pages, KvFormat.FLOAT8_E4M3));
    }

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

  private static long[] ids(int seed) {
    return new SplittableRandom(seed).longs(TOKENS, 0, VOCABULARY).toArray();
  }

  private static ImmutableIntArray pages(int sequence, int sequences) {
    return ImmutableIntArray.of(sequence, sequences + sequence, 3 * sequences - 1 - sequence);
  }

  /** The logits of all tokens of a text, on the CPU. */
  private static float[][] onCpu(HeterogeneousModel model, int seed) {
    try (ServedModel cpu = new ServedModel(model, WeightFormat.FLOAT32, 1, 8)) {
      return cpu.step(ServedModel.chunk(ServedModel.pages(0, 8), ids(seed), 0, TOKENS));
    }
  }

  /** The same of the first of so many prompts that they are computed as pieces. */
  private static float[][] asPieces(Ready gpu) {
    int sequences = 1 + 256 / TOKENS;
    SequenceChunk[] chunks =
        IntStream.range(0, sequences)
            .mapToObj(i -> ServedModel.chunk(pages(i, sequences), ids(i), 0, TOKENS))
            .toArray(SequenceChunk[]::new);
    return Arrays.copyOf(gpu.step(chunks), TOKENS);
  }

  /**
   * The logits of the last tokens of the first sequence, which {@code sequences} get one by one.
   */
  private static float[][] asSingles(Ready gpu, int sequences) {
    int start = TOKENS - CONTINUED;
    for (int i = 0; i < sequences; i++) {
      assertThat(gpu.step(ServedModel.chunk(pages(i, sequences), ids(i), 0, start)).length)
          .isEqualTo(start);
    }
    float[][] logits = new float[CONTINUED][];
    for (int more = 0; more < CONTINUED; more++) {
      int at = start + more;
      SequenceChunk[] chunks =
          IntStream.range(0, sequences)
              .mapToObj(i -> ServedModel.chunk(pages(i, sequences), ids(i), at, at + 1))
              .toArray(SequenceChunk[]::new);
      logits[more] = gpu.step(chunks)[0];
    }
    return logits;
  }

  private static double difference(float[][] actual, float[][] expected) {
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

  private static float[][] last(float[][] rows) {
    return Arrays.copyOfRange(rows, TOKENS - CONTINUED, TOKENS);
  }

  @ParameterizedTest
  @MethodSource("specs")
  void step_eightBitCache_everyKernelReadsTheSame(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec)) {
      float[][] cpu = onCpu(model, 0);
      float[][] pieces;
      try (Ready gpu = Ready.of(model, WeightFormat.BFLOAT16, 12)) {
        pieces = asPieces(gpu);
        assertThat(difference(pieces, cpu)).as("pieces").isBetween(1e-3, TOLERANCE);
        assertThat(gpu.session().saturated()).isZero();
      }
      for (int sequences : new int[] {1, 2, 4, 9, 40}) {
        try (Ready gpu = Ready.of(model, WeightFormat.BFLOAT16, 3 * sequences)) {
          float[][] singles = asSingles(gpu, sequences);
          assertThat(difference(singles, last(pieces)))
              .as("%s sequences, against pieces", sequences)
              .isLessThan(SAME_CACHE_TOLERANCE);
          assertThat(difference(singles, last(cpu)))
              .as("%s sequences, against the CPU", sequences)
              .isLessThan(TOLERANCE);
        }
      }
    }
  }

  /** The model whose weights are what e4m3 with a scale for each row hold of {@code model}'s. */
  private static HeterogeneousModel held(HeterogeneousModel model) {
    HeterogeneousModel held = model.copy(DType.FLOAT32);
    for (int layer = 0; layer < model.spec().layers(); layer++) {
      held.block(layer)
          .tensors()
          .forEach(
              (name, weight) -> {
                if (weight.dim() == 2) {
                  hold(weight);
                }
              });
    }
    return held;
  }

  private static void hold(Tensor weight) {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard noGradients = new NoGradGuard()) {
      EightBits eight = EightBits.of(ImmutableList.of(() -> weight), Device.CPU);
      Tensor wide = eight.weightNK().to(ScalarType.Float);
      Tensor unused = weight.copy_(wide.mul(eight.scales1N().t()));
    }
  }

  /**
   * Against float32 with the same rounded weights. What is left are keys and values, as above, and,
   * where products are of e4m3 on both sides, their inputs: each is off by half a place at most,
   * independent of the others, so that errors add up as their squares do.
   */
  @ParameterizedTest
  @MethodSource("specs")
  void step_eightBitCacheAndWeights_staysNearTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = model(spec);
        HeterogeneousModel held = held(model)) {
      float[][] cpu = onCpu(held, 0);
      double inputs = HALF_PLACE * Math.sqrt(PRODUCTS * spec.layers());
      for (int sequences : ImmutableList.of(1, 9)) {
        double bound = sequences == 1 ? TOLERANCE : Math.hypot(TOLERANCE, inputs);
        try (Ready gpu = Ready.of(model, WeightFormat.FLOAT8_E4M3, 3 * sequences)) {
          double seen = difference(asSingles(gpu, sequences), last(cpu));
          assertThat(seen).as("%s sequences", sequences).isBetween(1e-4, bound);
        }
      }
    }
  }

  /** Values far above 448 are held as 448, and counted by each of the kernels that place them. */
  @Test
  void saturated_valuesTooLarge_areCounted() {
    ModelSpec spec = spec(8, 128, 2);
    try (HeterogeneousModel model = model(spec)) {
      try (NativeScope scope = NativeScope.open();
          NoGradGuard noGradients = new NoGradGuard()) {
        Tensor values = verifyNotNull(model.block(0).tensors().get("self_attn.v_proj.weight"));
        Tensor unused = values.mul_(new Scalar(1e5));
      }
      for (int sequences : new int[] {1, 9}) {
        try (Ready gpu = Ready.of(model, WeightFormat.BFLOAT16, 3 * sequences)) {
          assertThat(asSingles(gpu, sequences)).isNotEmpty();
          assertThat(gpu.session().saturated()).isPositive();
        }
      }
    }
  }
}
