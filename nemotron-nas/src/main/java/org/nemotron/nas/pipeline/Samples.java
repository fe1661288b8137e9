package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.inference.GreedyDecoder;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.nas.report.RunSummary.Sample;

/** Greedy continuations of the beginning of each held-out text, by parent and child. */
final class Samples {
  private static final int PROMPT_TOKENS = 24;
  private static final int NEW_TOKENS = 48;

  private Samples() {}

  static ImmutableList<Sample> of(RunInputs inputs, HeterogeneousModel child) {
    ImmutableList<ImmutableIntArray> prompts =
        inputs.text().heldOut().stream()
            .map(corpus -> corpus.tokens(0, Math.min(PROMPT_TOKENS, corpus.length())))
            .collect(ImmutableList.toImmutableList());
    int degree = inputs.plan().costs().tensorParallel();
    ImmutableList<ImmutableIntArray> byParent = continued(inputs.parent(), prompts, degree);
    ImmutableList<ImmutableIntArray> byChild = continued(child, prompts, degree);
    ImmutableList.Builder<Sample> samples = ImmutableList.builder();
    for (int text = 0; text < prompts.size(); text++) {
      samples.add(
          new Sample(
              inputs.tokenizer().decodeText(prompts.get(text)),
              inputs.tokenizer().decodeText(byParent.get(text)),
              inputs.tokenizer().decodeText(byChild.get(text))));
    }
    return samples.build();
  }

  private static ImmutableList<ImmutableIntArray> continued(
      HeterogeneousModel model, ImmutableList<ImmutableIntArray> prompts, int degree) {
    try (InferenceBackend device = Backends.of(model.device(), CpuThreads.available(), degree);
        InferenceModel ready = device.prepare(model, device.bestFormat(), device.usualRows())) {
      return GreedyDecoder.generate(ready, prompts, NEW_TOKENS);
    }
  }
}
