package org.nemotron.runtime.server;

import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.GenerationResult;
import org.nemotron.runtime.engine.Prompt;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;

/** One request of each kind, so that no caller waits for what is made at first use. */
final class WarmUp {
  private WarmUp() {}

  static void run(TextGenerator generator) {
    Prompt.Encoded prompt = generator.encode(new Prompt.Text("a"));
    run(generator, prompt, SamplingParams.greedy());
    run(generator, prompt, SamplingParams.builder().seed(1).topP(0.9).build());
    run(generator, prompt, SamplingParams.builder().seed(1).topLogProbs(1).build());
  }

  private static void run(TextGenerator generator, Prompt.Encoded prompt, SamplingParams sampling) {
    GenerationResult unused =
        generator.generate(
            GenerationRequest.continuing(prompt).maxNewTokens(4).sampling(sampling).build());
  }
}
