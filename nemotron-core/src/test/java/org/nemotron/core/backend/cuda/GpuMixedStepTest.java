package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvFormat;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/**
 * Long pieces of prompts and single tokens as rows of the same products, against the same chunks in
 * steps of their own.
 */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuMixedStepTest {
  /** Products of another number of rows, and in 8 bits keys that round to the other side. */
  private static final double TOLERANCE = 4e-2;

  /** Twice the square root of the eight products times what each is off by. */
  private static final double EIGHT_BIT_TOLERANCE = 0.2;

  private static final int VOCABULARY = 300;

  /** Together more rows than go with single tokens as a short prompt. */
  private static final int PROMPT = 5 * KvPages.PAGE_TOKENS + 7;

  private static final int CONTEXT = KvPages.PAGE_TOKENS + 5;
  private static final int SINGLES = 9;
  private static final int PAGES_EACH = 6;
  private static final Device GPU = new Device("cuda", 0);

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  private static ModelSpec spec(int headDim, int... kvHeads) {
    return new ModelSpecBuilder()
        .vocabularySize(VOCABULARY)
        .width(64)
        .heads(8, headDim)
        .rope(new RopeSpec.Llama3(500_000, 8, 1, 4, 64))
        .maxPositions(1024)
        .tied(false)
        .blocks(
            Arrays.stream(kvHeads)
                .mapToObj(
                    heads ->
                        new BlockSpec(
                            heads == 0
                                ? new AttentionSpec.NoOp()
                                : new AttentionSpec.GroupedQuery(8, heads, headDim),
                            new FfnSpec.Gated(80)))
                .toArray(BlockSpec[]::new))
        .build();
  }

  static Stream<Arguments> models() {
    return Stream.of(
        Arguments.of(spec(128, 2, 0, 1), WeightFormat.BFLOAT16, KvFormat.USUAL),
        Arguments.of(spec(64, 8, 1), WeightFormat.BFLOAT16, KvFormat.USUAL),
        Arguments.of(spec(128, 1, 0, 2), WeightFormat.BFLOAT16, KvFormat.FLOAT8_E4M3),
        Arguments.of(spec(128, 1, 2), WeightFormat.FLOAT8_E4M3, KvFormat.FLOAT8_E4M3));
  }

  private static ImmutableIntArray pages(int sequence) {
    return ImmutableIntArray.copyOf(
        IntStream.range(0, PAGES_EACH).map(i -> i * (SINGLES + 2) + sequence));
  }

  private static ImmutableIntArray text(int sequence, int from, int to) {
    int[] ids = new SplittableRandom(sequence).ints(PROMPT, 0, VOCABULARY).toArray();
    return ImmutableIntArray.copyOf(ids).subArray(from, to);
  }

  private static SequenceChunk chunk(int sequence, int from, int to, SequenceChunk.Output output) {
    return new SequenceChunk(pages(sequence), from, text(sequence, from, to), output);
  }

  /** Two prompts, one of them in its second piece, among sequences that generate. */
  private static ImmutableList<SequenceChunk> mixed(SequenceChunk.Output output) {
    ImmutableList.Builder<SequenceChunk> chunks = ImmutableList.builder();
    for (int i = 0; i < SINGLES; i++) {
      chunks.add(chunk(i, CONTEXT + i, CONTEXT + i + 1, output));
      if (i == 2) {
        chunks.add(chunk(SINGLES, 0, PROMPT, output));
      }
      if (i == 5) {
        chunks.add(chunk(SINGLES + 1, KvPages.PAGE_TOKENS, 3 * KvPages.PAGE_TOKENS, output));
      }
    }
    return chunks.build();
  }

  private static InferenceSession begun(InferenceModel model, KvFormat kv) {
    InferenceSession session = model.newSession(PAGES_EACH * (SINGLES + 2), kv);
    for (int i = 0; i < SINGLES; i++) {
      StepOutput unused = step(session, chunk(i, 0, CONTEXT + i, SequenceChunk.NOTHING));
    }
    StepOutput unused =
        step(session, chunk(SINGLES + 1, 0, KvPages.PAGE_TOKENS, SequenceChunk.NOTHING));
    return session;
  }

  private static StepOutput step(InferenceSession session, SequenceChunk... chunks) {
    return session.step(ForwardBatch.of(chunks));
  }

  private static double difference(float[] actual, float[] expected) {
    double error = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      error += Math.pow((double) actual[i] - expected[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(error / size);
  }

  private interface Checks {
    void check(InferenceModel model);
  }

  private static void withModel(ModelSpec spec, WeightFormat weights, Checks checks) {
    withModel(spec, weights, 1, checks);
  }

  private static void withModel(ModelSpec spec, WeightFormat weights, int degree, Checks checks) {
    try (HeterogeneousModel random = TestModels.model(spec, 3);
        HeterogeneousModel model = random.copy(DType.BFLOAT16);
        InferenceBackend device = Backends.of(GPU, 1, degree);
        InferenceModel ready = device.prepare(model, weights, 1024)) {
      checks.check(ready);
    }
  }

  @ParameterizedTest
  @MethodSource("models")
  void step_piecesAndSinglesTogether_givesTheLogitsOfStepsOfTheirOwn(
      ModelSpec spec, WeightFormat weights, KvFormat kv) {
    assertGivesTheLogitsOfStepsOfTheirOwn(spec, weights, kv, 1);
  }

  /**
   * With weights of 8 bits a step of few rows leaves activations bfloat16, where many rows are
   * rounded to e4m3: 3.6 % of an element at most in the root mean square (2^-4 / √3), before each
   * of the products that the two layers add to the stream.
   */
  private static double tolerance(WeightFormat weights) {
    return weights == WeightFormat.FLOAT8_E4M3 ? EIGHT_BIT_TOLERANCE : TOLERANCE;
  }

  /** Compares mixed steps of so many GPUs with steps of their own on the same. */
  static void assertGivesTheLogitsOfStepsOfTheirOwn(
      ModelSpec spec, WeightFormat weights, KvFormat kv, int degree) {
    withModel(
        spec,
        weights,
        degree,
        model -> {
          ImmutableList<SequenceChunk> chunks = mixed(SequenceChunk.LAST_LOGITS);
          float[][] together;
          try (InferenceSession session = begun(model, kv)) {
            together = ServedModel.rows(session.step(ForwardBatch.of(chunks)));
          }
          try (InferenceSession session = begun(model, kv)) {
            for (int i = 0; i < chunks.size(); i++) {
              float[] apart = step(session, chunks.get(i)).logits(0).clone();
              assertThat(difference(together[i], apart))
                  .as("chunk %s", i)
                  .isLessThan(tolerance(weights));
            }
          }
        });
  }

  /** What a mixed step writes is what later steps of single tokens read. */
  @Test
  void step_singlesBehindAMixedStep_readWhatItWrote() {
    withModel(
        spec(128, 2, 0, 1),
        WeightFormat.BFLOAT16,
        model -> {
          ImmutableList<SequenceChunk> next =
              ImmutableList.of(
                  chunk(0, CONTEXT + 1, CONTEXT + 2, SequenceChunk.LAST_LOGITS),
                  chunk(
                      SINGLES + 1,
                      3 * KvPages.PAGE_TOKENS,
                      3 * KvPages.PAGE_TOKENS + 1,
                      SequenceChunk.LAST_LOGITS));
          float[][] behind;
          try (InferenceSession session = begun(model, KvFormat.USUAL)) {
            StepOutput unused = session.step(ForwardBatch.of(mixed(SequenceChunk.NOTHING)));
            behind = ServedModel.rows(session.step(ForwardBatch.of(next)));
          }
          try (InferenceSession session = begun(model, KvFormat.USUAL)) {
            for (SequenceChunk chunk : mixed(SequenceChunk.NOTHING)) {
              StepOutput unused = step(session, chunk);
            }
            float[][] apart = ServedModel.rows(session.step(ForwardBatch.of(next)));
            for (int i = 0; i < next.size(); i++) {
              assertThat(difference(behind[i], apart[i])).isLessThan(TOLERANCE);
            }
          }
        });
  }

  @Test
  void step_tokensOfAMixedStep_areTheLikeliestOfItsLogits() {
    withModel(
        spec(128, 2, 1),
        WeightFormat.BFLOAT16,
        model -> {
          int[] tokens;
          try (InferenceSession session = begun(model, KvFormat.USUAL)) {
            StepOutput output = session.step(ForwardBatch.of(mixed(SequenceChunk.LIKELIEST_TOKEN)));
            tokens = IntStream.range(0, output.rows()).map(output::token).toArray();
          }
          try (InferenceSession session = begun(model, KvFormat.USUAL)) {
            StepOutput output = session.step(ForwardBatch.of(mixed(SequenceChunk.LAST_LOGITS)));
            for (int i = 0; i < tokens.length; i++) {
              assertThat(tokens[i]).isEqualTo(GreedyDecoder.likeliest(output.logits(i)));
            }
          }
        });
  }
}
