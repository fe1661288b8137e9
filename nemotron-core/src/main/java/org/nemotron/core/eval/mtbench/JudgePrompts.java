package org.nemotron.core.eval.mtbench;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.eval.task.ChatTurn;

/**
 * What a judge is asked. The instructions are this library's own, so that figures compare with each
 * other and not with published ones.
 */
final class JudgePrompts {
  private static final String GRADE =
      """
      You grade the last answer of a conversation between a user and an assistant. Consider whether
      it is correct, does what was asked, is complete and is clear. Length alone earns nothing. Where
      a correct answer is given, compare with it and find mistakes first. Explain briefly, then end
      with a grade from 1 (useless) to 10 (excellent) in double brackets, such as [[6]].\
      """;

  private static final String COMPARE =
      """
      Two assistants, A and B, were asked the same by a user. Say which of them did better in the
      last answer: is it correct, does it do what was asked, is it complete and clear? Neither
      the order in which they are shown nor their length counts. Where a correct answer is given,
      look for mistakes of both against it first. Explain briefly, then end with your decision in
      double brackets: [[A]], [[B]], or [[C]] if neither is better.\
      """;

  private JudgePrompts() {}

  /** Returns the question for the grade of one answer, that to {@code turn}. */
  static ImmutableList<ChatTurn> grade(MtBenchAnswer answer, int turn) {
    String text =
        conversation(answer, turn)
            + "assistant (grade this answer):\n"
            + answer.turns().get(turn).text()
            + reference(answer.question(), turn);
    return ImmutableList.of(new ChatTurn("system", GRADE), new ChatTurn("user", text));
  }

  /** Returns the question which of two answers to {@code turn} is better. */
  static ImmutableList<ChatTurn> compare(MtBenchAnswer a, MtBenchAnswer b, int turn) {
    String text = shown("A", a, turn) + shown("B", b, turn) + reference(a.question(), turn);
    return ImmutableList.of(new ChatTurn("system", COMPARE), new ChatTurn("user", text.strip()));
  }

  private static String shown(String name, MtBenchAnswer answer, int turn) {
    return "=== Conversation with assistant "
        + name
        + " ===\n\n"
        + conversation(answer, turn)
        + "assistant (its last answer):\n"
        + answer.turns().get(turn).text()
        + "\n\n=== End of the conversation with assistant "
        + name
        + " ===\n\n";
  }

  private static String conversation(MtBenchAnswer answer, int turn) {
    StringBuilder text = new StringBuilder();
    for (ChatTurn message : answer.question().conversation(answer.texts(), turn)) {
      text.append(message.role()).append(":\n").append(message.content()).append("\n\n");
    }
    return text.toString();
  }

  private static String reference(MtBenchQuestion question, int turn) {
    return turn < question.references().size() && MtBench.showsReferences(question.category())
        ? "\n\ncorrect answer:\n" + question.references().get(turn)
        : "";
  }
}
