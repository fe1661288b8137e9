package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;

/**
 * A model's answers to the turns of a question.
 *
 * @param question the question
 * @param turns the answer to each turn
 */
public record MtBenchAnswer(MtBenchQuestion question, ImmutableList<Turn> turns) {
  /**
   * The answer to a turn.
   *
   * @param text what the model wrote
   * @param unfinished whether it was cut at its greatest length; false where a file does not say
   * @param promptCut how many tokens of the conversation before it were cut from the left, since
   *     the model reads no more; 0 where a file does not say
   */
  public record Turn(String text, boolean unfinished, int promptCut) {}

  /** Checks that every turn of the question has an answer. */
  public MtBenchAnswer {
    checkArgument(
        turns.size() == question.turns().size(),
        "question %s has %s turns; there must be as many answers, not %s",
        question.id(),
        question.turns().size(),
        turns.size());
  }

  /** Returns the text of each turn. */
  public ImmutableList<String> texts() {
    return turns.stream().map(Turn::text).collect(ImmutableList.toImmutableList());
  }
}
