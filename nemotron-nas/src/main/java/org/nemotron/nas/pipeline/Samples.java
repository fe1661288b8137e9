package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.nn.GreedyGeneration;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.text.TokenCorpus;
import org.nemotron.nas.report.RunSummary.Sample;

/** Greedy continuations of the beginning of each held-out text, by parent and child. */
final class Samples {
  private static final int PROMPT_TOKENS = 24;
  private static final int NEW_TOKENS = 48;

  private Samples() {}

  static ImmutableList<Sample> of(RunInputs inputs, HeterogeneousModel child) {
    ImmutableList.Builder<Sample> samples = ImmutableList.builder();
    for (TokenCorpus corpus : inputs.heldOut()) {
      ImmutableIntArray prompt = corpus.tokens(0, Math.min(PROMPT_TOKENS, corpus.length()));
      samples.add(
          new Sample(
              inputs.tokenizer().decodeText(prompt),
              continued(inputs, inputs.parent(), prompt),
              continued(inputs, child, prompt)));
    }
    return samples.build();
  }

  private static String continued(
      RunInputs inputs, HeterogeneousModel model, ImmutableIntArray prompt) {
    try (NativeScope scope = NativeScope.open()) {
      long[] ids = prompt.stream().asLongStream().toArray();
      Tensor promptBT = Tensors.of(ids, 1, ids.length);
      long[] generated = GreedyGeneration.generate(model, promptBT, NEW_TOKENS)[0];
      return inputs
          .tokenizer()
          .decodeText(ImmutableIntArray.copyOf(Arrays.stream(generated).mapToInt(id -> (int) id)));
    }
  }
}
