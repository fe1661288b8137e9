package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import java.util.List;
import org.nemotron.core.eval.task.ChatTurn;
import org.nemotron.core.eval.task.Question;
import org.nemotron.core.eval.task.TaskItem;

/**
 * A question of MT-Bench.
 *
 * @param id its number in the data
 * @param category such as math
 * @param turns what is asked, one after the other
 * @param references right answers to the turns; empty where there are none
 */
public record MtBenchQuestion(
    int id, String category, ImmutableList<String> turns, ImmutableList<String> references) {
  /** Checks that there is a turn, and that the category is one of MT-Bench's. */
  public MtBenchQuestion {
    checkArgument(!turns.isEmpty(), "it has no turns");
    checkArgument(
        MtBench.categories().contains(category),
        "category (%s) must be one of %s",
        category,
        MtBench.categories());
  }

  /** Returns the temperature at which it is answered. */
  double temperature() {
    return MtBench.temperature(category);
  }

  /** Returns the question as an item of a task. */
  TaskItem item() {
    return new TaskItem(
        id, new Question.Generation(String.join("\n", turns), 1, ImmutableList.of(), "", ""));
  }

  /**
   * Returns the conversation up to what is asked in {@code turn}, counted from 0.
   *
   * @param answers to the turns before it
   */
  ImmutableList<ChatTurn> conversation(List<String> answers, int turn) {
    ImmutableList.Builder<ChatTurn> conversation = ImmutableList.builder();
    for (int i = 0; i <= turn; i++) {
      conversation.add(new ChatTurn("user", turns.get(i)));
      if (i < turn) {
        conversation.add(new ChatTurn("assistant", answers.get(i)));
      }
    }
    return conversation.build();
  }
}
