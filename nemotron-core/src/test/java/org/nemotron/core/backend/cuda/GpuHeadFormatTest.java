package org.nemotron.core.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.ImmutableIntArray;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cpu.ServedModel;
import org.nemotron.core.cuda.Gpu;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.KvPages;
import org.nemotron.core.inference.ModelFormat;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.StepOutput;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.testing.ModelSpecBuilder;
import org.nemotron.core.testing.TestModels;

/** A head of 8-bit floats, in each of the three ways in which a GPU computes logits. */
@EnabledIf(value = "hasGpu", disabledReason = "there is no CUDA GPU here")
final class GpuHeadFormatTest {
  /** Weights and rows are off by up to 6 % each, independent of each other, and a sum averages. */
  private static final double TOLERANCE = 6e-2;

  /** Divides among two ranks too. */
  private static final int VOCABULARY = 320;

  private static final int PROMPT = 5 * KvPages.PAGE_TOKENS;
  private static final Device GPU = new Device("cuda", 0);

  static boolean hasGpu() {
    return Gpu.isAvailable();
  }

  static ModelSpec spec(int vocabulary) {
    return new ModelSpecBuilder()
        .vocabularySize(vocabulary)
        .width(64)
        .heads(4, 64)
        .maxPositions(1024)
        .tied(false)
        .blocks(new BlockSpec(new AttentionSpec.GroupedQuery(4, 2, 64), new FfnSpec.Gated(80)))
        .build();
  }

  private static ImmutableIntArray pages(int sequence) {
    return ImmutableIntArray.copyOf(IntStream.range(5 * sequence, 5 * sequence + 5));
  }

  private static ImmutableIntArray text(int tokens) {
    return ImmutableIntArray.copyOf(new SplittableRandom(4).ints(tokens, 0, VOCABULARY));
  }

  /** The logits of a long prompt, of a step of one row and of a step of many rows. */
  private static float[][][] logits(
      HeterogeneousModel model, WeightFormat head, int sequences, int degree) {
    try (InferenceBackend device = Backends.of(GPU, 1, degree);
        InferenceModel ready =
            device.prepare(model, new ModelFormat(WeightFormat.BFLOAT16, head), 512);
        InferenceSession session = ready.newSession(5 * sequences)) {
      float[][] prompt =
          ServedModel.rows(
              session.step(
                  ForwardBatch.of(
                      new SequenceChunk(pages(0), 0, text(PROMPT), SequenceChunk.ALL_LOGITS))));
      float[][] one = ServedModel.rows(session.step(singles(1, SequenceChunk.LAST_LOGITS)));
      float[][] many =
          ServedModel.rows(session.step(singles(sequences, SequenceChunk.LAST_LOGITS)));
      StepOutput sampled = session.step(singles(sequences, SequenceChunk.LIKELIEST_TOKEN));
      for (int i = 0; i < sequences; i++) {
        assertThat(sampled.token(i)).isEqualTo(GreedyDecoder.likeliest(many[i]));
      }
      return new float[][][] {prompt, one, many};
    }
  }

  private static ForwardBatch singles(int sequences, SequenceChunk.Output output) {
    return ForwardBatch.of(
        IntStream.range(0, sequences)
            .mapToObj(i -> new SequenceChunk(pages(i), 0, ImmutableIntArray.of(7 + i), output))
            .toList());
  }

  private static double difference(float[][] actual, float[][] expected) {
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

  @Test
  void step_headOfEightBits_staysNearThatOfBfloat16AndDiffers() {
    assertNearBfloat16(1);
  }

  /** Compares a head of 8-bit floats on so many GPUs with one of bfloat16 on one. */
  static void assertNearBfloat16(int degree) {
    try (HeterogeneousModel random = TestModels.model(spec(VOCABULARY), 3);
        HeterogeneousModel model = random.copy(DType.BFLOAT16)) {
      float[][][] wide = logits(model, WeightFormat.BFLOAT16, 9, 1);
      float[][][] eight = logits(model, WeightFormat.FLOAT8_E4M3, 9, degree);
      for (int way = 0; way < wide.length; way++) {
        assertThat(difference(eight[way], wide[way])).isBetween(1e-3, TOLERANCE);
      }
    }
  }
}
