package org.nemotron.core.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Longs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.NonFiniteException;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.TestModels;

final class GreedyDecoderTest {
  private static ImmutableIntArray prompt(int tokens, long seed) {
    return ImmutableIntArray.copyOf(
        Arrays.stream(TestModels.ids(tokens, seed)).mapToInt(id -> (int) id));
  }

  private static ImmutableList<ImmutableIntArray> generated(
      ModelSpec spec, int maxRows, int newTokens, ImmutableIntArray... prompts) {
    try (HeterogeneousModel model = TestModels.model(spec, 4);
        InferenceBackend backend = Backends.of(Device.CPU, 2);
        InferenceModel ready = backend.prepare(model, WeightFormat.FLOAT32, maxRows)) {
      return GreedyDecoder.generate(ready, ImmutableList.copyOf(prompts), newTokens);
    }
  }

  private static ImmutableIntArray slowly(ModelSpec spec, ImmutableIntArray prompt, int newTokens) {
    List<Long> all = new ArrayList<>(prompt.stream().asLongStream().boxed().toList());
    try (HeterogeneousModel model = TestModels.model(spec, 4);
        NativeScope scope = NativeScope.open()) {
      for (int token = 0; token < newTokens; token++) {
        Tensor logits = model.logits(Tensors.of(Longs.toArray(all), 1, all.size()));
        Tensor last = logits.select(1, all.size() - 1);
        all.add(Tensors.longs(last.argmax(new LongOptional(1), false))[0]);
      }
    }
    return ImmutableIntArray.copyOf(
        all.subList(prompt.length(), all.size()).stream().mapToInt(Long::intValue));
  }

  @Test
  void generate_promptsOfDifferentLengths_givesTheLikeliestTokenOfEachWholeSequence() {
    ModelSpec spec = TestModels.mixed();
    ImmutableIntArray[] prompts = {prompt(5, 3), prompt(150, 5), prompt(62, 6), prompt(5, 7)};
    ImmutableList<ImmutableIntArray> actual = generated(spec, 100, 6, prompts);
    assertThat(actual).hasSize(prompts.length);
    for (int sequence = 0; sequence < prompts.length; sequence++) {
      assertThat(actual.get(sequence)).isEqualTo(slowly(spec, prompts[sequence], 6));
    }
  }

  @Test
  void generate_moreSequencesThanRowsOfAStep_givesEachItsOwn() {
    ImmutableIntArray[] prompts = new ImmutableIntArray[70];
    for (int sequence = 0; sequence < prompts.length; sequence++) {
      prompts[sequence] = prompt(2, sequence);
    }
    ModelSpec spec = TestModels.mixed();
    ImmutableList<ImmutableIntArray> actual = generated(spec, 64, 3, prompts);
    assertThat(actual).hasSize(70);
    assertThat(actual.get(69)).isEqualTo(slowly(spec, prompts[69], 3));
    assertThat(actual.get(3)).isEqualTo(slowly(spec, prompts[3], 3));
  }

  @Test
  void advance_byPieces_givesTheTokensOfOneGeneration() {
    ModelSpec spec = TestModels.mixed();
    ImmutableList<ImmutableIntArray> prompts = ImmutableList.of(prompt(5, 3), prompt(62, 6));
    try (HeterogeneousModel model = TestModels.model(spec, 4);
        InferenceBackend backend = Backends.of(Device.CPU, 2);
        InferenceModel ready = backend.prepare(model, WeightFormat.FLOAT32, 64);
        InferenceSession session = ready.newSession(GreedyDecoder.pages(ready, prompts, 6))) {
      ImmutableList<ImmutableIntArray> whole = GreedyDecoder.generate(session, prompts, 6);
      GreedyGeneration pieces = GreedyGeneration.begin(session, prompts, 6);
      assertThat(pieces.tokens().get(1)).isEqualTo(whole.get(1).subArray(0, 1));
      pieces.advance(2);
      assertThat(pieces.tokens().get(1)).isEqualTo(whole.get(1).subArray(0, 3));
      assertThat(pieces.isComplete()).isFalse();
      pieces.advance(9);
      assertThat(pieces.tokens()).isEqualTo(whole);
      assertThat(pieces.isComplete()).isTrue();
    }
  }

  @Test
  void generate_oneTokenAtTheEndOfTheContext_fits() {
    assertThat(generated(TestModels.spec(BlockSpec.NO_OP), 512, 1, prompt(4096, 3)).get(0))
        .isEqualTo(slowly(TestModels.spec(BlockSpec.NO_OP), prompt(4096, 3), 1));
  }

  @Test
  void generate_beyondTheContext_isRefusedAtOnce() {
    assertThatThrownBy(() -> generated(TestModels.mixed(), 64, 3, prompt(4095, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "a prompt of 4095 tokens and 2 more must not exceed max_position_embeddings (4096)");
  }

  @Test
  void generate_noPromptOrToken_isRefused() {
    assertThatThrownBy(() -> generated(TestModels.mixed(), 64, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be a prompt");
    assertThatThrownBy(() -> generated(TestModels.mixed(), 64, 1, ImmutableIntArray.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a prompt must have a token");
    assertThatThrownBy(() -> generated(TestModels.mixed(), 64, 0, prompt(1, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("newTokens (0) must be positive");
  }

  @Test
  void likeliest_equalLogits_isTheFirst() {
    assertThat(GreedyDecoder.likeliest(new float[] {-3, 2, 1, 2})).isEqualTo(1);
    assertThat(GreedyDecoder.likeliest(new float[] {Float.NEGATIVE_INFINITY})).isZero();
  }

  @Test
  void likeliest_notANumber_isRefused() {
    assertThatThrownBy(() -> GreedyDecoder.likeliest(new float[] {1, Float.NaN, 2}))
        .isInstanceOf(NonFiniteException.class)
        .hasMessage(
            "the logit of token 1 (NaN) must be finite.\n"
                + "Maybe the weights are damaged, or too large.");
    assertThatThrownBy(() -> GreedyDecoder.likeliest(new float[] {1, Float.POSITIVE_INFINITY, 2}))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageStartingWith("the logit of token 1 (Infinity) must be finite.");
  }
}
