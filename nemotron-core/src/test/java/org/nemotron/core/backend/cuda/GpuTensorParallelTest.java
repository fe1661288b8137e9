package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.Floats;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.backend.cuda.GpuModelTest.Ready;
import org.nemotron.core.backend.parallel.FaultyBackend;
import org.nemotron.core.backend.parallel.TensorParallelBackend;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.distributed.RankFailureException;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

/** What several GPUs compute together against float32 on the CPU. */
@EnabledIf(value = "hasGpus", disabledReason = "there are fewer than two CUDA GPUs here")
final class GpuTensorParallelTest {
  private static final Device GPU = new Device("cuda", 0);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final ImmutableList<ImmutableIntArray> PROMPTS =
      ImmutableList.of(ImmutableIntArray.of(3, 14, 15, 9, 2, 6), ImmutableIntArray.of(5, 3, 5));

  static boolean hasGpus() {
    return Gpu.count() >= 2;
  }

  static Stream<ModelSpec> specs() {
    return GpuModelTest.specs();
  }

  /** As many ranks as there are GPUs, of those that the model has heads for. */
  private static List<Integer> degrees(ModelSpec spec) {
    return IntStream.of(2, 3, 4)
        .filter(degree -> degree <= Math.min(Gpu.count(), spec.queryHeads()))
        .boxed()
        .toList();
  }

  private static Ready ranks(HeterogeneousModel model, int degree, WeightFormat format, int pages) {
    return Ready.on(GPU, degree, format, model, pages);
  }

  private static void assertClose(float[][] actual, float[][] expected) {
    assertThat(GpuModelTest.difference(actual, expected)).isLessThan(GpuModelTest.TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("specs")
  void step_prompts_givesTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = GpuModelTest.model(spec)) {
      for (int degree : degrees(spec)) {
        try (Ready gpus = ranks(model, degree, WeightFormat.BFLOAT16, 12)) {
          long[] ids = GpuModelTest.ids(1);
          int tokens = GpuModelTest.TOKENS;
          float[][] expected = GpuModelTest.expected(model, ids);
          assertClose(
              gpus.step(ServedModel.chunk(ServedModel.pages(2, 8), ids, 0, tokens)), expected);
          // More tokens than a step computes as single ones.
          SequenceChunk[] three =
              IntStream.range(0, 3)
                  .mapToObj(
                      i -> ServedModel.chunk(ServedModel.pages(3 * i, 3 * i + 3), ids, 0, tokens))
                  .toArray(SequenceChunk[]::new);
          float[][] all = gpus.step(three);
          for (int row = 0; row < all.length; row++) {
            assertThat(all[row]).as("row %s", row).isNotEmpty();
          }
          assertClose(java.util.Arrays.copyOfRange(all, tokens, 2 * tokens), expected);
        }
      }
    }
  }

  /** Few rows are one kernel a GPU, more are products with NCCL between them. */
  @ParameterizedTest
  @MethodSource("specs")
  void step_singleTokensOfMany_givesTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = GpuModelTest.model(spec)) {
      for (int degree : degrees(spec)) {
        for (int sequences : new int[] {1, 2, 3, 4, 7, 17}) {
          try (Ready gpus = ranks(model, degree, WeightFormat.BFLOAT16, 3 * sequences)) {
            assertThat(GpuModelTest.differenceAfterDecode(model, gpus, sequences))
                .as("%s GPUs, %s sequences", degree, sequences)
                .isLessThan(GpuModelTest.TOLERANCE);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("specs")
  void step_eightBitWeights_staysNearTheLogitsOfTheCpu(ModelSpec spec) {
    try (HeterogeneousModel model = GpuModelTest.model(spec)) {
      for (int sequences : new int[] {1, 4, 9}) {
        try (Ready gpus = ranks(model, 2, WeightFormat.FLOAT8_E4M3, 3 * sequences)) {
          assertThat(GpuModelTest.differenceAfterDecode(model, gpus, sequences))
              .isBetween(1e-3, GpuModelTest.EIGHT_BITS_TOLERANCE);
        }
      }
    }
  }

  @Test
  void step_likeliestTokens_areThoseOfTheLogits() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = GpuModelTest.model(spec);
        Ready gpus = ranks(model, 2, WeightFormat.BFLOAT16, 24)) {
      long[] ids = GpuModelTest.ids(4);
      for (int sequences : new int[] {1, 4, 8}) {
        SequenceChunk[] chunks =
            IntStream.range(0, sequences)
                .mapToObj(
                    i ->
                        new SequenceChunk(
                            ServedModel.pages(i, i + 1),
                            0,
                            ImmutableIntArray.of((int) ids[i]),
                            SequenceChunk.LIKELIEST_TOKEN))
                .toArray(SequenceChunk[]::new);
        StepOutput output = gpus.session().step(ForwardBatch.of(chunks));
        for (int row = 0; row < sequences; row++) {
          assertThat(output.isSampled(row)).isTrue();
          assertThat(output.token(row)).isEqualTo(GreedyDecoder.likeliest(output.logits(row)));
        }
      }
    }
  }

  /** The same steps give the same bits: sums do not depend on which GPU is first. */
  @Test
  void step_again_givesTheSameTokensAfterAWarmUp() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = GpuModelTest.model(spec);
        Ready gpus = ranks(model, 2, WeightFormat.BFLOAT16, 8)) {
      gpus.session().warmUp(16, 512);
      long[] ids = GpuModelTest.ids(1);
      SequenceChunk prompt =
          ServedModel.chunk(ServedModel.pages(2, 8), ids, 0, GpuModelTest.TOKENS);
      assertThat(gpus.step(prompt)).isDeepEqualTo(gpus.step(prompt));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "../examples/models/tale-7m",
    "src/test/resources/golden/qwen3",
    "src/test/resources/golden/qwen2",
    "src/test/resources/golden/llama31-sharded"
  })
  void generate_withPublishedForms_givesTheTokensOfOneGpu(Path path) throws Exception {
    try (HeterogeneousModel model = ModelReader.read(here(path), DType.BFLOAT16, Device.CPU)) {
      ImmutableList<ImmutableIntArray> one = generated(model, 1);
      ImmutableList<ImmutableIntArray> two = generated(model, 2);
      for (int i = 0; i < PROMPTS.size(); i++) {
        assertSameButForTies(model, PROMPTS.get(i), two.get(i), one.get(i));
      }
    }
  }

  /** Random models have tokens that are about as likely as each other: bfloat16 chooses either. */
  private static void assertSameButForTies(
      HeterogeneousModel model,
      ImmutableIntArray prompt,
      ImmutableIntArray seen,
      ImmutableIntArray expected) {
    int first = 0;
    while (first < expected.length() && seen.get(first) == expected.get(first)) {
      first++;
    }
    if (first == expected.length()) {
      return;
    }
    long[] ids =
        IntStream.concat(prompt.stream(), expected.subArray(0, first).stream())
            .asLongStream()
            .toArray();
    try (NativeScope scope = NativeScope.open();
        HeterogeneousModel wide = model.copy(DType.FLOAT32)) {
      float[] logits =
          Tensors.floats(
              wide.logits(Tensors.of(ids, 1, ids.length)).select(0, 0).select(0, ids.length - 1));
      float apart = Math.abs(logits[seen.get(first)] - logits[expected.get(first)]);
      assertThat((double) apart)
          .as("token %s: %s instead of %s", first, seen, expected)
          .isLessThan(GpuModelTest.TOLERANCE * Floats.max(logits));
    }
  }

  /** Tests that need a GPU may run in the folder above. */
  private static Path here(Path path) {
    return Files.exists(path) ? path : Path.of("nemotron-core").resolve(path);
  }

  private static ImmutableList<ImmutableIntArray> generated(HeterogeneousModel model, int degree) {
    try (InferenceBackend device = Backends.of(GPU, 1, degree);
        InferenceModel ready = device.prepare(model, device.bestFormat(), 128)) {
      return GreedyDecoder.generate(ready, PROMPTS, 12);
    }
  }

  @Test
  void session_eightBitPages_serves() {
    ModelSpec spec = specs().skip(1).findFirst().orElseThrow();
    try (HeterogeneousModel model = GpuModelTest.model(spec);
        InferenceBackend device = Backends.of(GPU, 1, 2);
        InferenceModel ready = device.prepare(model, WeightFormat.BFLOAT16, 1024);
        InferenceSession session = ready.newSession(8, KvFormat.FLOAT8_E4M3)) {
      Ready gpus = new Ready(device, ready, session);
      long[] ids = GpuModelTest.ids(1);
      float[][] actual =
          gpus.step(ServedModel.chunk(ServedModel.pages(2, 8), ids, 0, GpuModelTest.TOKENS));
      assertThat(GpuModelTest.difference(actual, GpuModelTest.expected(model, ids)))
          .isLessThan(GpuModelTest.EIGHT_BITS_TOLERANCE);
      assertThat(session.saturated()).isZero();
    }
  }

  @Test
  void layerNanos_ofTwoGpus_hasATimeForEachLayer() {
    ModelSpec spec = specs().findFirst().orElseThrow();
    try (HeterogeneousModel model = GpuModelTest.model(spec);
        Ready gpus = ranks(model, 2, WeightFormat.BFLOAT16, 8)) {
      SequenceChunk one = ServedModel.chunk(ServedModel.pages(2, 8), GpuModelTest.ids(1), 0, 1);
      assertThat(gpus.session().layerNanos(ForwardBatch.of(one)).length()).isEqualTo(spec.layers());
    }
  }

  @Test
  void step_withAGpuThatStandsStill_endsWithItsName_andTheNextModelServes() {
    CountDownLatch ended = new CountDownLatch(1);
    try (HeterogeneousModel weights = GpuModelTest.firstModel()) {
      try (TensorParallelBackend device =
              new TensorParallelBackend(
                  ImmutableList.of("cuda:0", "cuda:1"),
                  rank ->
                      new FaultyBackend(
                          new CudaBackend(new Device("cuda", rank)), rank == 1, () -> await(ended)),
                  PATIENCE,
                  1_000_000);
          InferenceModel model = device.prepare(weights, WeightFormat.BFLOAT16, 64);
          InferenceSession session = model.newSession(2)) {
        ForwardBatch one =
            ForwardBatch.of(
                new SequenceChunk(
                    ImmutableIntArray.of(0),
                    0,
                    ImmutableIntArray.of(1),
                    SequenceChunk.LIKELIEST_TOKEN));
        assertThat(session.step(one).token(0)).isNotNegative();
        assertThatThrownBy(() -> session.step(one))
            .isInstanceOf(RankFailureException.class)
            .hasMessageStartingWith("rank 1 of 2 (cuda:1)");
      } finally {
        ended.countDown();
      }
      try (Ready again = ranks(weights, 2, WeightFormat.BFLOAT16, 8)) {
        long[] ids = GpuModelTest.ids(1);
        assertClose(
            again.step(ServedModel.chunk(ServedModel.pages(0, 8), ids, 0, GpuModelTest.TOKENS)),
            GpuModelTest.expected(weights, ids));
      }
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void moreGpusThanThereAre_areRefusedByName() {
    int gpus = Gpu.count();
    assertThatThrownBy(() -> Backends.of(GPU, 1, gpus + 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "tensor parallelism over %s GPUs from cuda:0 on needs %s GPUs, and there are %s",
            gpus + 1, gpus + 1, gpus);
  }
}
