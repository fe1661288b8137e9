package org.nemotron.runtime.engine;

import com.google.common.primitives.ImmutableIntArray;

/**
 * What an admitted request reads before it goes on by itself: its prompt, and behind it the tokens
 * that were generated before it was preempted. Immutable.
 *
 * @param tokens all of them; the last one is followed by the next token
 * @param replayFrom from which position on tokens are read one by one
 * @param wantedFrom from which position on the logits are wanted
 * @param prefix the tokens whose full pages may be shared, but for the last token
 * @param left how many tokens may follow {@code tokens} at most
 */
record ReadPlan(
    ImmutableIntArray tokens, int replayFrom, int wantedFrom, ImmutableIntArray prefix, int left) {

  /**
   * Returns what {@code job} reads now.
   *
   * @param replays as in {@link StepRules}
   */
  static ReadPlan of(Job job, boolean replays) {
    ImmutableIntArray prompt = job.prompt();
    ImmutableIntArray generated = job.generated();
    if (generated.isEmpty()) {
      ImmutableIntArray unwanted = prompt.subArray(0, job.wantedFrom() + 1);
      return new ReadPlan(prompt, prompt.length(), job.wantedFrom(), unwanted, job.moreTokens());
    }
    ImmutableIntArray tokens =
        ImmutableIntArray.builder(prompt.length() + generated.length())
            .addAll(prompt)
            .addAll(generated)
            .build();
    return new ReadPlan(
        tokens,
        replays ? prompt.length() : tokens.length(),
        tokens.length() - 1,
        replays ? prompt : tokens,
        job.moreTokens() - generated.length());
  }

  /** Returns whether no logits but those behind the last token are wanted. */
  boolean wantsLastOnly() {
    return wantedFrom == tokens.length() - 1;
  }
}
