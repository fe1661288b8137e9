package org.nemotron.core.eval.task;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.List;
import org.nemotron.core.eval.GeneratedText;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LanguageModel;
import org.nemotron.core.eval.Likelihood;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.text.Tokenizer;

/** A model whose answers follow from the ids of each request alone. */
public record FakeModel(Tokenizer tokenizer, int maxLength) implements LanguageModel {
  @Override
  public ImmutableList<Likelihood> logLikelihoods(List<LikelihoodRequest> requests) {
    return requests.stream()
        .map(
            request ->
                new Likelihood(
                    -number(request.context(), 17) - number(request.continuation(), 31),
                    number(request.continuation(), 7) > 3))
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public ImmutableList<GeneratedText> generate(List<GenerationRequest> requests) {
    return requests.stream()
        .map(
            request ->
                new GeneratedText(
                    "about " + (int) number(request.prompt(), 100),
                    2,
                    GeneratedText.Ending.END_TOKEN))
        .collect(ImmutableList.toImmutableList());
  }

  private static double number(ImmutableIntArray ids, int below) {
    return Math.floorMod(ids.hashCode(), below * 1000) / 1000.0;
  }
}
