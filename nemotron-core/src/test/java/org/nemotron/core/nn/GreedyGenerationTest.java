package org.nemotron.core.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Longs;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;

final class GreedyGenerationTest {
  private NativeScope scope;

  @BeforeEach
  void openScope() {
    CpuThreads.perOperation(1);
    scope = NativeScope.open();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void generate_twoPrompts_givesTheLikeliestTokenOfTheWholeSequenceEachTime() {
    int prompt = 5;
    int added = 6;
    long[] ids = SmallModels.ids(2 * prompt, 3);
    try (HeterogeneousModel model = SmallModels.model(SmallModels.mixed(), 4)) {
      long[][] generated = GreedyGeneration.generate(model, Tensors.of(ids, 2, prompt), added);
      for (int sequence = 0; sequence < 2; sequence++) {
        List<Long> all =
            new ArrayList<>(Longs.asList(ids).subList(sequence * prompt, (sequence + 1) * prompt));
        for (int token = 0; token < added; token++) {
          all.add(likeliest(model, all));
        }
        assertThat(generated[sequence])
            .containsExactly(Longs.toArray(all.subList(prompt, prompt + added)));
      }
    }
  }

  private static long likeliest(HeterogeneousModel model, List<Long> ids) {
    Tensor logits = model.logits(Tensors.of(Longs.toArray(ids), 1, ids.size()));
    Tensor last = logits.select(1, ids.size() - 1);
    return Tensors.longs(last.argmax(new LongOptional(1), false))[0];
  }

  @Test
  void generate_oneTokenAtTheEndOfTheContext_fits() {
    long[] ids = SmallModels.ids(4096, 3);
    try (HeterogeneousModel model =
        SmallModels.model(SmallModels.spec(org.nemotron.core.spec.BlockSpec.NO_OP), 4)) {
      assertThat(GreedyGeneration.generate(model, Tensors.of(ids, 1, ids.length), 1)[0]).hasSize(1);
    }
  }

  @Test
  void generate_noPrompt_isRefused() {
    try (HeterogeneousModel model = SmallModels.model(SmallModels.mixed(), 4)) {
      Tensor empty = Tensors.of(new long[0], 1, 0);
      assertThatThrownBy(() -> GreedyGeneration.generate(model, empty, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("prompts must be [B, T] with a token each");
    }
  }
}
