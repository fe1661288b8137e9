package org.nemotron.runtime.chat;

/** How many rounds the loops of one rendering may still take, all together. */
final class RoundBudget {
  /** Where a rendering keeps it: a template cannot write a name with spaces. */
  static final String KEY = "the budget of rounds";

  static final int MAX_ROUNDS = 100_000;

  private int left = MAX_ROUNDS;

  void spend(int rounds) {
    left -= rounds;
    if (left < 0) {
      throw new ChatTemplateException(
          "the chat template loops for more than " + MAX_ROUNDS + " rounds");
    }
  }
}
