package org.nemotron.runtime.engine;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import java.util.Optional;
import org.nemotron.runtime.sampling.LogProbs;
import org.nemotron.runtime.sampling.Sampled;

/** Takes the log-probabilities of the tokens of a prompt, in their order. */
final class PromptScores {
  private final ImmutableIntArray prompt;
  private final int top;
  private final ImmutableList.Builder<Sampled> scores = ImmutableList.builder();
  private int next;

  private PromptScores(ImmutableIntArray prompt, int top) {
    this.prompt = prompt;
    this.top = top;
    scores.add(Sampled.of(prompt.get(0)));
  }

  /** Returns what takes them; empty where {@code request} does not ask. */
  static Optional<PromptScores> of(ImmutableIntArray prompt, GenerationRequest request) {
    return request.promptLogProbs()
        ? Optional.of(new PromptScores(prompt, request.promptTopLogProbs()))
        : Optional.empty();
  }

  /** Returns behind which token the logits are wanted next. */
  int next() {
    return next;
  }

  /**
   * Takes the logits behind the token at {@code position}, which is not the last; once, where a
   * prompt is read again.
   */
  void add(int position, float[] logits) {
    if (position == next) {
      scores.add(LogProbs.of(logits, prompt.get(position + 1), top));
      next++;
    }
  }

  /** Returns the tokens as far as the prompt was read. */
  ImmutableList<Sampled> result() {
    return scores.build();
  }
}
